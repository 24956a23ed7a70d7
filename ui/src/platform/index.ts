import type { Platform } from './types';

export type { Answer, Arguments, Autostart, CommandName, Platform } from './types';

/** The platform this page runs on: the shell when there is one, the demo in an ordinary browser or if a world is named. */
export const connect = async (): Promise<Platform> => {
  const named = new URLSearchParams(window.location.search).has('world');
  if (!__DEMO__ || ('__TAURI_INTERNALS__' in window && !named)) {
    return (await import('./tauri')).connect();
  }
  return (await import('./demo')).connect(window.location);
};
