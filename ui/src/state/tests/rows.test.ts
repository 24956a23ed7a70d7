import { expect, test } from 'vitest';
import type { Message } from '../../api/generated';
import { rowsOf } from '../rows';
import { text } from './fixtures';

const notice = (id: number, minutes: number): Message => ({
  ...text(id, minutes),
  body: { kind: 'notice', notice: 'joinedByInvite' },
});

const sketch = (messages: Message[], firstUnread: number | null = null): string[] =>
  rowsOf(messages, firstUnread).map((row) => {
    if (row.kind !== 'message') return row.kind;
    return `${row.message.id}${row.first ? ' first' : ''}${row.last ? ' last' : ''}`;
  });

test('a conversation begins with its day', () => {
  expect(sketch([text(1, 0)])).toEqual(['day', '1 first last']);
});

test('messages Bob sends within five minutes are one group', () => {
  expect(sketch([text(1, 0), text(2, 1), text(3, 4)])).toEqual(['day', '1 first', '2', '3 last']);
});

test('a long pause, or the other author, begins a new group', () => {
  expect(sketch([text(1, 0), text(2, 9), text(3, 9, true)])).toEqual([
    'day',
    '1 first last',
    '2 first last',
    '3 first last',
  ]);
});

test('midnight separates days and groups', () => {
  expect(sketch([text(1, 12 * 60 - 1), text(2, 12 * 60)])).toEqual([
    'day',
    '1 first last',
    'day',
    '2 first last',
  ]);
});

test('days go by when this device stored a message, not by the clock of its author', () => {
  const lying = { ...text(2, 1), sentAt: 0 };
  expect(sketch([text(1, 0), lying])).toEqual(['day', '1 first', '2 last']);
});

test('what is unread is set apart and begins a new group', () => {
  expect(sketch([text(1, 0), text(2, 1)], 2)).toEqual(['day', '1 first last', 'unread', '2 first last']);
});

test('a notice stands by itself', () => {
  expect(sketch([text(1, 0), notice(2, 1), text(3, 2)])).toEqual([
    'day',
    '1 first last',
    'notice',
    '3 first last',
  ]);
});

test('every row has a key of its own', () => {
  const keys = rowsOf([text(1, 0), text(2, 1), text(3, 12 * 60), notice(4, 12 * 60)], 2).map(
    ({ key }) => key,
  );
  expect(new Set(keys).size).toBe(keys.length);
});
