import { expect, test } from 'vitest';
import { step } from './step';

test('the first arrow key highlights the first block', () => {
  expect(step(null, 'ArrowRight', 12)).toBe(0);
  expect(step(null, 'ArrowLeft', 12)).toBeUndefined();
});

test('right goes on by one and stops at the last block', () => {
  expect(step(4, 'ArrowRight', 12)).toBe(5);
  expect(step(11, 'ArrowRight', 12)).toBe(11);
});

test('down goes on by a row of four', () => {
  expect(step(1, 'ArrowDown', 12)).toBe(5);
  expect(step(10, 'ArrowDown', 12)).toBe(11);
});

test('Escape leaves the blocks, and then belongs to the screen', () => {
  expect(step(3, 'Escape', 12)).toBeNull();
  expect(step(null, 'Escape', 12)).toBeUndefined();
});
