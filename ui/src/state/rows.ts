import type { Message } from '../api/generated';

/** One row of a conversation on the screen. */
export type Row =
  | { kind: 'day'; key: string; at: number }
  | { kind: 'unread'; key: string }
  | { kind: 'notice'; key: string; message: Message }
  | { kind: 'message'; key: string; message: Message; first: boolean; last: boolean };

/** Messages of one author closer together than this are one group. */
const GROUP_SPAN = 5 * 60 * 1000;

/**
 * What to show for `messages` (oldest first): day separators by the day this device stored them, the unread separator
 * before `firstUnread`, and groups of messages by one author.
 */
export const rowsOf = (messages: readonly Message[], firstUnread: number | null): Row[] => {
  const rows: Row[] = [];
  let day = '';
  let previous: Message | null = null;
  for (const message of messages) {
    const messageDay = dayOf(message.storedAt);
    const startsDay = messageDay !== day;
    if (startsDay) {
      rows.push({ kind: 'day', key: `day-${messageDay}`, at: message.storedAt });
      day = messageDay;
    }
    const startsUnread = message.id === firstUnread;
    if (startsUnread) rows.push({ kind: 'unread', key: 'unread' });

    if (message.body.kind === 'notice' || message.body.kind === 'timerSet') {
      rows.push({ kind: 'notice', key: `m-${message.id}`, message });
    } else {
      const joins = !startsDay && !startsUnread && previous !== null && isOneGroup(previous, message);
      if (joins) continueGroup(rows);
      rows.push({ kind: 'message', key: `m-${message.id}`, message, first: !joins, last: true });
    }
    previous = message;
  }
  return rows;
};

const continueGroup = (rows: Row[]): void => {
  const last = rows[rows.length - 1];
  if (last?.kind === 'message') last.last = false;
};

const isOneGroup = (a: Message, b: Message): boolean =>
  a.body.kind !== 'notice' &&
  a.body.kind !== 'timerSet' &&
  a.outgoing === b.outgoing &&
  b.storedAt - a.storedAt < GROUP_SPAN;

const dayOf = (time: number): string => {
  const date = new Date(time);
  return `${date.getFullYear()}-${date.getMonth() + 1}-${date.getDate()}`;
};
