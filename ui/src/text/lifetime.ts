import { m } from '../paraglide/messages';
import { getLocale } from '../paraglide/runtime';

const units = [
  [604_800, 'week'],
  [86_400, 'day'],
  [3_600, 'hour'],
  [60, 'minute'],
  [1, 'second'],
] as const;

const formatted = (seconds: number, unitDisplay: 'long' | 'narrow'): string => {
  const [length, unit] = units.find(([length]) => seconds % length === 0) ?? [1, 'second'];
  const locale = getLocale() === 'en-XA' ? 'en' : getLocale();
  return new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay }).format(seconds / length);
};

/** `8 hours`; for good when there is no end. */
export const lifetimeText = (seconds: number | null): string =>
  seconds === null ? m.timer_off() : formatted(seconds, 'long');

/** `8h` */
export const lifetimeSign = (seconds: number): string => formatted(seconds, 'narrow');
