import { expect, test } from 'vitest';
import { base64, grey } from './picture';

test('black is black, white is white, and colours are as bright as people see them', () => {
  const pixels = new Uint8ClampedArray([0, 0, 0, 255, 255, 255, 255, 255, 0, 255, 0, 255, 0, 0, 255, 255]);
  const [black, white, green, blue] = grey(pixels);
  expect([black, white]).toEqual([0, 255]);
  expect(green).toBeGreaterThan(blue ?? 255);
});

test('many bytes survive base64', () => {
  const bytes = Uint8Array.from({ length: 20_000 }, (_, at) => at % 256);
  expect(Uint8Array.from(atob(base64(bytes)), (c) => c.charCodeAt(0))).toEqual(bytes);
});
