import { m } from '../paraglide/messages';
import { regionalLocale } from './locale';

const DAY = 24 * 60 * 60 * 1000;

type Style = 'clock' | 'weekday' | 'date' | 'longDate' | 'fullDay' | 'moment';

const styles: Record<Style, Intl.DateTimeFormatOptions> = {
  clock: { hour: 'numeric', minute: '2-digit' },
  weekday: { weekday: 'short' },
  date: { day: 'numeric', month: 'short' },
  longDate: { day: 'numeric', month: 'short', year: 'numeric' },
  fullDay: { weekday: 'long', day: 'numeric', month: 'long' },
  moment: { dateStyle: 'medium', timeStyle: 'short' },
};

const formats = new Map<string, Intl.DateTimeFormat>();

/** Formats are dear to make and rows are many. */
const formatted = (time: number, style: Style): string => {
  const locale = regionalLocale();
  const key = `${locale} ${style}`;
  let format = formats.get(key);
  if (!format) {
    format = new Intl.DateTimeFormat(locale, styles[style]);
    formats.set(key, format);
  }
  return format.format(time);
};

const startOfDay = (time: number): number => new Date(time).setHours(0, 0, 0, 0);

/** Whole days between the day of `time` and today. */
const daysAgo = (time: number): number => Math.round((startOfDay(Date.now()) - startOfDay(time)) / DAY);

/** `14:32` */
export const clock = (time: number): string => formatted(time, 'clock');

/** As short as it can be told apart: the time today, the weekday within a week, the date before. */
export const shortTime = (time: number): string => {
  const ago = daysAgo(time);
  if (ago <= 0) return formatted(time, 'clock');
  if (ago === 1) return m.yesterday();
  return formatted(time, ago < 7 ? 'weekday' : 'date');
};

/** The heading of a day in a conversation. */
export const dayHeading = (time: number): string => {
  const ago = daysAgo(time);
  if (ago === 0) return m.today();
  if (ago === 1) return m.yesterday();
  return formatted(time, ago < 300 ? 'fullDay' : 'longDate');
};

/** `3 Nov 2026` */
export const date = (time: number): string => formatted(time, 'longDate');

/** `3 Nov 2026, 14:32` */
export const moment = (time: number): string => formatted(time, 'moment');
