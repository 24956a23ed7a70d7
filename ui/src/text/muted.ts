import type { Conversation } from '../api/generated';

/** Whether nothing is told about a conversation now. */
export const isMuted = ({ mutedUntil }: Pick<Conversation, 'mutedUntil'>): boolean =>
  mutedUntil !== null && mutedUntil > Date.now();
