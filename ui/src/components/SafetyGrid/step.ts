const COLUMNS = 4;

/**
 * Where `key` leads from the block `current` (null: none highlighted): the next block, null to leave the blocks, or
 * undefined when the key means nothing here.
 */
export const step = (current: number | null, key: string, count: number): number | null | undefined => {
  const last = count - 1;
  if (key === 'Escape') return current === null ? undefined : null;
  if (key === 'Home') return 0;
  if (key === 'End') return last;
  if (current === null) return key === 'ArrowRight' || key === 'ArrowDown' || key === ' ' ? 0 : undefined;
  switch (key) {
    case 'ArrowRight':
    case ' ':
      return Math.min(current + 1, last);
    case 'ArrowLeft':
      return Math.max(current - 1, 0);
    case 'ArrowDown':
      return Math.min(current + COLUMNS, last);
    case 'ArrowUp':
      return Math.max(current - COLUMNS, 0);
    default:
      return undefined;
  }
};
