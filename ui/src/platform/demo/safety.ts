import type { QrCode } from '../../api/generated';

/** A small generator with a seed, so that a fixture looks the same each time. */
const randomFrom = (seed: string): (() => number) => {
  let state = 2166136261;
  for (const character of seed) state = Math.imul(state ^ character.charCodeAt(0), 16777619);
  return () => {
    state = Math.imul(state ^ (state >>> 15), 2246822507);
    state = Math.imul(state ^ (state >>> 13), 3266489909);
    state ^= state >>> 16;
    return (state >>> 0) / 2 ** 32;
  };
};

/** Twelve blocks of five digits. They only look like a safety number. */
export const blocksFor = (seed: string): string[] => {
  const random = randomFrom(seed);
  return Array.from({ length: 12 }, () =>
    Math.floor(random() * 100_000)
      .toString()
      .padStart(5, '0'),
  );
};

/** Modules arranged like a QR code of version 6; it holds nothing to scan. */
export const qrFor = (seed: string): QrCode => {
  const size = 41;
  const random = randomFrom(`qr-${seed}`);
  const isFinder = (row: number, column: number): boolean | null => {
    for (const [top, left] of [
      [0, 0],
      [0, size - 7],
      [size - 7, 0],
    ] as const) {
      const y = row - top;
      const x = column - left;
      if (y < -1 || y > 7 || x < -1 || x > 7) continue;
      const ring = Math.max(Math.abs(y - 3), Math.abs(x - 3));
      return ring === 3 || ring <= 1;
    }
    return null;
  };
  const rows = Array.from({ length: size }, (_, row) =>
    Array.from({ length: size }, (_, column) =>
      (isFinder(row, column) ?? random() < 0.48) ? '1' : '0',
    ).join(''),
  );
  return { size, rows };
};
