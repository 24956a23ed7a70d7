import type { Platform } from './types';

export type { Answer, Arguments, CommandName, Platform } from './types';

/** The platform this page runs on: the shell when there is one, the demo in an ordinary browser. */
export const connect = async (): Promise<Platform> => {
  if (!__DEMO__ || '__TAURI_INTERNALS__' in window) {
    return (await import('./tauri')).connect();
  }
  return (await import('./demo')).connect(window.location);
};
