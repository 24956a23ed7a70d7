import type { Theme } from '../api/generated';

interface Appearance {
  theme: Theme;
  moreContrast: boolean;
  density: string;
}

/** Shows the page as wished, and follows the system where that was left to it. Answers what ends the following. */
export const followAppearance = ({ theme, moreContrast, density }: Appearance): (() => void) => {
  const dark = window.matchMedia('(prefers-color-scheme: dark)');
  const contrast = window.matchMedia('(prefers-contrast: more)');
  const show = (): void => {
    const page = document.documentElement.dataset;
    page['theme'] = theme === 'dark' || (theme === 'system' && dark.matches) ? 'dark' : 'light';
    page['contrast'] = moreContrast || contrast.matches ? 'more' : 'normal';
    page['density'] = density;
  };
  show();
  for (const query of [dark, contrast]) query.addEventListener('change', show);
  return () => {
    for (const query of [dark, contrast]) query.removeEventListener('change', show);
  };
};
