import type { Theme } from '../api/generated';

/** Shows the theme, and follows the system's while the user wishes so. Answers what ends the following. */
export const followTheme = (theme: Theme): (() => void) => {
  const systemDark = window.matchMedia('(prefers-color-scheme: dark)');
  const show = (): void => {
    const dark = theme === 'dark' || (theme === 'system' && systemDark.matches);
    document.documentElement.dataset['theme'] = dark ? 'dark' : 'light';
  };
  show();
  systemDark.addEventListener('change', show);
  return () => systemDark.removeEventListener('change', show);
};
