import { getLocale, getTextDirection } from '../paraglide/runtime';

/** Languages by their own names; the pseudo-locale is for whoever works on the UI. */
export const languages = [
  { locale: 'en', name: 'English' },
  { locale: 'de', name: 'Deutsch' },
  { locale: 'ar', name: 'العربية' },
] as const;

/** Tells the page its language and which way it runs. */
export const applyLocale = (): void => {
  document.documentElement.lang = getLocale();
  document.documentElement.dir = getTextDirection(getLocale());
};

/**
 * The app's language as the user's system writes it, for dates and numbers: `en-GB` has other dates than `en-US`, `de-CH`
 * other numbers than `de-DE`, `ar-EG` other digits than `ar-MA`.
 */
export const regionalLocale = (): string => {
  const language = getLocale() === 'en-XA' ? 'en' : getLocale();
  const wanted = navigator.languages.find((one) => one === language || one.startsWith(`${language}-`));
  return wanted ?? (language === 'en' ? 'en-GB' : language);
};
