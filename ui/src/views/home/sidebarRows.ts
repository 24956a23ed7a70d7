import type { Conversation, SearchHit } from '../../api/generated';

/** One row of the sidebar: people, and below them the messages that were found. */
export type SidebarRow =
  | { kind: 'conversation'; key: string; conversation: Conversation }
  | { kind: 'messages'; key: string; complete: boolean }
  | { kind: 'hit'; key: string; hit: SearchHit };

export const sidebarRows = (
  conversations: readonly Conversation[],
  found: { readonly hits: readonly SearchHit[]; readonly complete: boolean },
): SidebarRow[] => {
  const rows: SidebarRow[] = conversations.map((conversation) => ({
    kind: 'conversation',
    key: conversation.id,
    conversation,
  }));
  if (found.hits.length > 0 || !found.complete) {
    rows.push({ kind: 'messages', key: 'messages', complete: found.complete });
  }
  for (const hit of found.hits) rows.push({ kind: 'hit', key: `m-${hit.message}`, hit });
  return rows;
};
