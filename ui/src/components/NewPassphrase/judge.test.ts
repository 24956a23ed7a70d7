import { expect, test } from 'vitest';
import { judge } from './judge';

test('eleven characters are too short, twelve will do', () => {
  expect(judge('eleven char', 'eleven char')).toBe('short');
  expect(judge('twelve chars', 'twelve chars')).toBe('good');
});

test('characters are counted, not bytes or code units', () => {
  expect(judge('👍👍👍👍👍👍', '👍👍👍👍👍👍')).toBe('short');
});

test('a repetition that differs is refused', () => {
  expect(judge('twelve chars', 'twelve charz')).toBe('differs');
});
