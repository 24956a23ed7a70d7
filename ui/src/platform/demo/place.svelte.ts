import type { Pane } from '../../state/navigation.svelte';
import type { Stores } from '../../state/stores.svelte';

/**
 * Keeps the open pane in the address bar (`#conversation/b0b7a2c4`), so that a reload, a changed store or a link that one
 * designer sends another comes back to the same screen.
 */
export const followPlace = ({ navigation, conversations }: Stores): void => {
  const [kind = '', id = '', way = ''] = window.location.hash.slice(1).split('/');
  let wanted = paneOf(kind, id, way);
  $effect.root(() => {
    $effect(() => {
      if (!conversations.loaded) return;
      const pane = navigation.pane;
      if (wanted) {
        navigation.pane = wanted;
        wanted = null;
        return;
      }
      const place = pane.kind === 'none' ? '' : `#${Object.values(pane).join('/')}`;
      const { pathname, search } = window.location;
      history.replaceState(null, '', `${pathname}${search}${place}`);
    });
  });
};

const paneOf = (kind: string, id: string, way: string): Pane | null => {
  if (kind === 'settings') return { kind };
  if (kind === 'verify' && (way === 'words' || way === 'card' || way === 'code')) return { kind, id, way };
  return (kind === 'conversation' || kind === 'safety' || kind === 'inspector') && id !== ''
    ? { kind, id }
    : null;
};
