import type { Platform } from '../platform';

/** One report covers this many milliseconds of typing and moving. */
const COVERS = 5_000;

const SIGNS = ['keydown', 'pointerdown', 'pointermove', 'wheel', 'focus'] as const;

/** Tells that somebody is at the window, now and then while they are, until the returned function is called. */
export const reportActivity = (platform: Platform): (() => void) => {
  let reported = -Infinity;
  const report = (): void => {
    const now = Date.now();
    // A clock that was set back must not silence it.
    if (Math.abs(now - reported) < COVERS) return;
    reported = now;
    // A window that was locked just now refuses: that is all right.
    void platform.call('active').catch(() => undefined);
  };
  for (const sign of SIGNS) window.addEventListener(sign, report, { capture: true, passive: true });
  return () => {
    for (const sign of SIGNS) window.removeEventListener(sign, report, { capture: true });
  };
};
