import type { Contact, Conversation, Message } from '../../api/generated';

const NOON = new Date(2026, 10, 20, 12, 0).getTime();

/** `at(0)` is a noon, `at(5)` five minutes later. */
export const at = (minutes: number): number => NOON + minutes * 60_000;

export const text = (id: number, minutes: number, outgoing = false): Message => ({
  id,
  conversation: 'bob',
  body: { kind: 'text', text: `message ${id}` },
  outgoing,
  sentAt: at(minutes),
  storedAt: at(minutes),
  delivery: outgoing ? 'sent' : null,
  quote: null,
  reactions: [],
  editedAt: null,
  lifetime: null,
  goneAt: null,
});

export const contact = (id: string, part: Partial<Contact> = {}): Contact => ({
  id,
  address: `${id}@relay.example.org`,
  name: id,
  isSelf: false,
  verification: 'notVerified',
  standing: 'accepted',
  userName: null,
  identityChange: null,
  ...part,
});

export const conversation = (
  id: string,
  lastActivity: number,
  part: Partial<Conversation> = {},
): Conversation => ({
  id,
  contact: contact(id),
  lastMessage: null,
  unread: 0,
  lastActivity,
  lifetime: null,
  mutedUntil: null,
  draft: null,
  ...part,
});
