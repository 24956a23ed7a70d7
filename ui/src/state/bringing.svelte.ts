import type { ErrorCode } from '../api/generated';
import type { Platform } from '../platform';
import { toApiError } from './errors';

/** As many bytes of a backup as are handed over at once. */
const PIECE = 1024 * 1024;

/** Hands a backup over, piece by piece: all of it is sealed, and none of it stays here. */
export class Bringing {
  /** The file that is handed over, or was; null: there is none. */
  file = $state<string | null>(null);
  /** How much of it has been, of 1. */
  share = $state(0);
  readonly #platform: Platform;
  #turn = 0;

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  get isHere(): boolean {
    return this.file !== null && this.share === 1;
  }

  /** Answers what is wrong with it. A file that is chosen meanwhile takes its place. */
  async bring(file: File): Promise<ErrorCode | null> {
    const turn = ++this.#turn;
    this.file = file.name;
    this.share = 0;
    try {
      let offset = 0;
      do {
        const piece = file.slice(offset, offset + PIECE);
        const bytes = await base64(piece);
        if (turn !== this.#turn) return null;
        await this.#platform.call('bring_backup', { offset, bytes });
        if (turn !== this.#turn) return null;
        offset += piece.size;
        this.share = file.size === 0 ? 1 : offset / file.size;
      } while (offset < file.size);
      return null;
    } catch (thrown) {
      if (turn !== this.#turn) return null;
      this.file = null;
      return thrown instanceof DOMException ? 'backup_damaged' : toApiError(thrown).code;
    }
  }
}

/** As many bytes as become characters at once: a call takes only so many arguments. */
const AT_ONCE = 0x8000;

/** The bytes of a piece; it throws a `DOMException` when the file cannot be read any more. */
const base64 = async (piece: Blob): Promise<string> => {
  const bytes = new Uint8Array(await piece.arrayBuffer());
  let characters = '';
  for (let at = 0; at < bytes.length; at += AT_ONCE) {
    characters += String.fromCharCode(...bytes.subarray(at, at + AT_ONCE));
  }
  return btoa(characters);
};
