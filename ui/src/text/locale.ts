import { getLocale, getTextDirection } from '../paraglide/runtime';

/** Languages by their own names; the pseudo-locale is for whoever works on the UI. */
export const languages = [
  { locale: 'en', name: 'English' },
  { locale: 'ar', name: 'العربية' },
] as const;

/** Tells the page its language and which way it runs. */
export const applyLocale = (): void => {
  document.documentElement.lang = getLocale();
  document.documentElement.dir = getTextDirection(getLocale());
};
