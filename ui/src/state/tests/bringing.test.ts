import { describe, expect, it } from 'vitest';
import type { Platform } from '../../platform';
import { Bringing } from '../bringing.svelte';

interface Piece {
  offset: number;
  bytes: string;
}

/** A platform that keeps what it is brought. */
const keeping = (refuse: (piece: Piece) => void = () => undefined) => {
  const pieces: Piece[] = [];
  const call = (_: string, piece: Piece): Promise<null> => {
    refuse(piece);
    pieces.push(piece);
    return Promise.resolve(null);
  };
  return { pieces, bringing: new Bringing({ call } as unknown as Platform) };
};

describe('a backup that is brought', () => {
  it('arrives in pieces, in order, and whole', async () => {
    const { pieces, bringing } = keeping();
    const bytes = Uint8Array.from({ length: 2_500_000 }, (_, at) => at % 251);
    expect(await bringing.bring(new File([bytes], 'mine.sotto'))).toBeNull();
    expect(bringing.isHere).toBe(true);
    expect(pieces.map(({ offset }) => offset)).toEqual([0, 1_048_576, 2_097_152]);
    const back = Buffer.concat(pieces.map((piece) => Buffer.from(piece.bytes, 'base64')));
    expect(back.equals(Buffer.from(bytes))).toBe(true);
  });

  it('is forgotten when it is refused', async () => {
    const { bringing } = keeping(() => {
      throw { code: 'not_a_backup', message: '' };
    });
    expect(await bringing.bring(new File(['a letter'], 'letter.txt'))).toBe('not_a_backup');
    expect(bringing.file).toBeNull();
    expect(bringing.isHere).toBe(false);
  });

  it('is refused, too, when there is nothing in it', async () => {
    const { pieces, bringing } = keeping();
    await bringing.bring(new File([], 'empty.sotto'));
    expect(pieces).toEqual([{ offset: 0, bytes: '' }]);
  });

  it('makes way for the one that is chosen after it', async () => {
    const { pieces, bringing } = keeping();
    const first = bringing.bring(new File([new Uint8Array(3_000_000)], 'first.sotto'));
    const second = bringing.bring(new File(['second'], 'second.sotto'));
    await Promise.all([first, second]);
    expect(bringing.file).toBe('second.sotto');
    expect(pieces.at(-1)?.bytes).toBe(Buffer.from('second').toString('base64'));
  });
});
