import { expect, test } from 'vitest';
import { at, text } from '../../state/tests/fixtures';
import { abilities } from './abilities';

const HOURS = 60;
const can = (message: Parameters<typeof abilities>[0], minutes: number) =>
  Object.entries(abilities(message, at(minutes)))
    .filter(([, able]) => able)
    .map(([what]) => what);

test('what Alice wrote she can edit for a day and delete for a week', () => {
  const own = text(1, 0, true);
  expect(can(own, 1)).toEqual(['react', 'reply', 'copy', 'edit', 'remove']);
  expect(can(own, 25 * HOURS)).toEqual(['react', 'reply', 'copy', 'remove']);
  expect(can(own, 8 * 24 * HOURS)).toEqual(['react', 'reply', 'copy']);
});

test("Bob's words are his", () => {
  expect(can(text(1, 0), 1)).toEqual(['react', 'reply', 'copy']);
});

test('of a deleted message nothing can be had', () => {
  expect(can({ ...text(1, 0, true), body: { kind: 'deleted' } }, 1)).toEqual([]);
});

test('what an edited message said before can be looked at', () => {
  expect(can({ ...text(1, 0), editedAt: at(1) }, 2)).toContain('earlier');
});
