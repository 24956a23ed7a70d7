import { invoke } from '@tauri-apps/api/core';
import { listen } from '@tauri-apps/api/event';
import type { Event } from '../api/generated';
import type { Platform } from './types';

/** The real window: commands and events of the shell. */
export const connect = (): Platform => ({
  call: (name, ...[args]) => (args === undefined ? invoke(name) : invoke(name, { args })),
  // The shell has no command for it yet; the address can be copied.
  openLink: null,
  listen: (receive) => listen<Event>('sotto', ({ payload }) => receive(payload)),
});
