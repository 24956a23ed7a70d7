import { expect, test } from 'vitest';
import { pieces } from './pieces';

test('what was found stands apart from what is around it', () => {
  const text = '👍 the mill, the other mill';
  const matches = [
    { start: 7, end: 11 },
    { start: 23, end: 27 },
  ];
  expect(pieces({ text, matches })).toEqual([
    { text: '👍 the ', found: false },
    { text: 'mill', found: true },
    { text: ', the other ', found: false },
    { text: 'mill', found: true },
  ]);
});

test('a snippet without matches is one piece, and an empty one is none', () => {
  expect(pieces({ text: 'mill', matches: [] })).toEqual([{ text: 'mill', found: false }]);
  expect(pieces({ text: '', matches: [] })).toEqual([]);
});
