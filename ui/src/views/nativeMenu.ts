import { hasSelection, isField } from '../text/selection';

/**
 * Keeps the web view's own menu, with *Back* and *Reload* in it, out of the app. It stays where text is written or marked,
 * and for designers, who inspect with it.
 */
export const keepNativeMenuOut = (event: MouseEvent): void => {
  if (!import.meta.env.DEV && !isField(event.target) && !hasSelection()) event.preventDefault();
};
