import { invoke } from '@tauri-apps/api/core';
import { listen, once } from '@tauri-apps/api/event';
import { getCurrentWebview } from '@tauri-apps/api/webview';
import { disable, enable, isEnabled } from '@tauri-apps/plugin-autostart';
import { openUrl } from '@tauri-apps/plugin-opener';
import type { Event } from '../api/generated';
import { download } from './download';
import type { Platform } from './types';

/** How the shell says that a download ended. */
interface Saved {
  success: boolean;
  file: string | null;
}

const save = async (made: Blob, name: string): Promise<string | null> => {
  const { success, file } = await new Promise<Saved>((resolve, reject) => {
    once<Saved>('saved', ({ payload }) => resolve(payload)).then(() => download(made, name), reject);
  });
  if (!success) throw new Error('not saved');
  return file;
};

/** The real window: commands and events of the shell. */
export const connect = (): Platform => ({
  call: (name, ...[args]) => (args === undefined ? invoke(name) : invoke(name, { args })),
  listen: (receive) => listen<Event>('sotto', ({ payload }) => receive(payload)),
  openLink: (url) => openUrl(url),
  zoom: (factor) => getCurrentWebview().setZoom(factor),
  save,
  autostart: { isOn: isEnabled, set: (on) => (on ? enable() : disable()) },
  // By logind, so far only (docs/adr/0085).
  hearsOfSleep: navigator.platform.startsWith('Linux'),
});
