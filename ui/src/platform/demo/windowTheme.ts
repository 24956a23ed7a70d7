import type { Theme } from '../../api/generated';

const DARK = '(prefers-color-scheme: dark)';

/**
 * In the app the window has the user's theme before the account is open, and the page's `prefers-color-scheme` follows the
 * window's. A browser's page is told likewise; answers how to choose another theme.
 */
export const pretendWindowTheme = (theme: Theme): ((theme: Theme) => void) => {
  const ask = window.matchMedia.bind(window);
  const system = ask(DARK);
  const asked: MediaQueryList[] = [];
  let chosen = theme;
  window.matchMedia = (query) => {
    const answer = ask(query);
    if (query === DARK) {
      const get = (): boolean => (chosen === 'system' ? system.matches : chosen === 'dark');
      asked.push(Object.defineProperty(answer, 'matches', { get }));
    }
    return answer;
  };
  return (other) => {
    chosen = other;
    for (const answer of asked) answer.dispatchEvent(new Event('change'));
  };
};
