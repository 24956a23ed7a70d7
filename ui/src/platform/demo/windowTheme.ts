import type { Theme } from '../../api/generated';

/**
 * In the app the window has the user's theme before the account is open, and the page's `prefers-color-scheme` follows the
 * window's. A browser's page is told likewise; answers how to choose another theme.
 */
export const pretendWindowTheme = (theme: Theme): ((theme: Theme) => void) => {
  const ask = window.matchMedia.bind(window);
  const listeners = new Set<() => void>();
  let chosen = theme;
  window.matchMedia = (query) => {
    const answer = ask(query);
    if (query !== '(prefers-color-scheme: dark)') return answer;
    return new Proxy(answer, {
      get: (_, name) => {
        if (name === 'matches') return chosen === 'system' ? answer.matches : chosen === 'dark';
        if (name === 'addEventListener') {
          return (kind: 'change', listener: () => void) => {
            listeners.add(listener);
            answer.addEventListener(kind, listener);
          };
        }
        if (name === 'removeEventListener') {
          return (kind: 'change', listener: () => void) => {
            listeners.delete(listener);
            answer.removeEventListener(kind, listener);
          };
        }
        return Reflect.get(answer, name, answer) as unknown;
      },
    });
  };
  return (other) => {
    chosen = other;
    for (const listener of listeners) listener();
  };
};
