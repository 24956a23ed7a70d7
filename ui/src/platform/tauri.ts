import { invoke } from '@tauri-apps/api/core';
import { listen } from '@tauri-apps/api/event';
import { getCurrentWebview } from '@tauri-apps/api/webview';
import { disable, enable, isEnabled } from '@tauri-apps/plugin-autostart';
import { openUrl } from '@tauri-apps/plugin-opener';
import type { Event } from '../api/generated';
import type { Platform } from './types';

/** The real window: commands and events of the shell. */
export const connect = (): Platform => ({
  call: (name, ...[args]) => (args === undefined ? invoke(name) : invoke(name, { args })),
  listen: (receive) => listen<Event>('sotto', ({ payload }) => receive(payload)),
  openLink: (url) => openUrl(url),
  zoom: (factor) => getCurrentWebview().setZoom(factor),
  autostart: { isOn: isEnabled, set: (on) => (on ? enable() : disable()) },
});
