import { m } from '../../paraglide/messages';
import type { Stores } from '../../state/stores.svelte';
import { isField } from '../../text/selection';
import { narrow } from './narrow';

const isMac = /Mac/.test(navigator.platform);
/** The key that shortcuts are held with. */
export const mod = isMac ? '⌘' : 'Ctrl';

/** The shortcuts, as the sheet shows them. */
export const shortcutList = (): { keys: string[]; text: string }[] => [
  { keys: [mod, 'K'], text: m.palette_label() },
  { keys: [mod, 'F'], text: m.shortcut_search() },
  { keys: [mod, 'Shift', 'F'], text: m.shortcut_search_all() },
  { keys: [mod, 'N'], text: m.shortcut_invite() },
  { keys: [mod, 'O'], text: m.shortcut_open_invite() },
  { keys: ['Alt', '↑'], text: m.shortcut_previous() },
  { keys: ['Alt', '↓'], text: m.shortcut_next() },
  { keys: [mod, 'L'], text: m.lock_now() },
  { keys: [mod, ','], text: m.shortcut_settings() },
  { keys: [mod, '+'], text: m.shortcut_larger() },
  { keys: [mod, '−'], text: m.shortcut_smaller() },
  { keys: [mod, '0'], text: m.shortcut_actual() },
  { keys: ['?'], text: m.shortcut_sheet() },
  { keys: ['Esc'], text: m.shortcut_back() },
  { keys: ['Enter'], text: m.shortcut_send() },
  { keys: ['Shift', 'Enter'], text: m.shortcut_newline() },
];

/** What the window does with a key that no field wanted. */
export const shortcutsFor = ({
  navigation,
  conversations,
  look,
  machine,
  lock,
}: Stores): ((event: KeyboardEvent) => void) => {
  const withMod: Record<string, () => void> = {
    k: () => navigation.show({ kind: 'palette' }),
    f: navigation.search,
    'shift f': () => document.querySelector<HTMLElement>('[data-testid="conversation-filter"]')?.focus(),
    n: () => navigation.show({ kind: 'createInvite' }),
    o: () => navigation.show({ kind: 'openInvite', link: '' }),
    ',': navigation.openSettings,
    '/': () => navigation.show({ kind: 'shortcuts' }),
  };
  // A browser zooms by itself. Where `+` is depends on the keyboard.
  if (machine.canZoom) {
    for (const key of ['+', '=', 'shift +', 'shift =']) withMod[key] = () => look.step(1);
    for (const key of ['-', 'shift _', 'shift -']) withMod[key] = () => look.step(-1);
    withMod['0'] = () => look.step(0);
  }

  const walk = (by: number): void => {
    const ids = conversations.list.map(({ id }) => id);
    const at = ids.indexOf(navigation.conversation ?? '');
    const next = ids[at < 0 ? 0 : at + by];
    if (next !== undefined) navigation.openConversation(next);
  };

  // A conversation beside the list is not left for nothing.
  const canGoBack = (): boolean =>
    navigation.pane.kind !== 'none' && (navigation.pane.kind !== 'conversation' || narrow.current);

  return (event) => {
    const held = isMac ? event.metaKey : event.ctrlKey;
    // Whatever stands in front: who wants to lock the window wants it now.
    if (held && !event.shiftKey && event.key.toLowerCase() === 'l') {
      event.preventDefault();
      return void lock();
    }
    if (event.defaultPrevented || event.isComposing || navigation.dialog) return;
    if (event.altKey && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) {
      event.preventDefault();
      return walk(event.key === 'ArrowDown' ? 1 : -1);
    }
    if (event.key === '?' && !isField(event.target)) return navigation.show({ kind: 'shortcuts' });
    if (event.key === 'Escape' && canGoBack()) return navigation.back();
    const key = `${event.shiftKey && event.key.length === 1 ? 'shift ' : ''}${event.key.toLowerCase()}`;
    const run = held ? withMod[key] : undefined;
    if (!run) return;
    event.preventDefault();
    run();
  };
};
