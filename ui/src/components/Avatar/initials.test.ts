import { expect, test } from 'vitest';
import { initialsOf, tintOf } from './initials';

test('Bob Lindqvist is BL and Alice alone is A', () => {
  expect(initialsOf('Bob Lindqvist')).toBe('BL');
  expect(initialsOf('  alice ')).toBe('A');
});

test('a name in a script without capitals gives its first letter only', () => {
  expect(initialsOf('ليلى حداد')).toBe('ل');
  expect(initialsOf('山田 太郎')).toBe('山');
});

test('an emoji is not cut in two, and no name gives no letter', () => {
  expect(initialsOf('👩‍🚀 Sally')).toBe('👩‍🚀');
  expect(initialsOf('')).toBe('');
});

test('Alice keeps her tint', () => {
  expect(tintOf('alice')).toBe(tintOf('alice'));
  expect(tintOf('')).toBe(1);
});
