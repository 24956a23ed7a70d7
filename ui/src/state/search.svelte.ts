import type { SearchHit } from '../api/generated';
import type { Platform } from '../platform';

const PAGE = 30;
/** Searching waits until typing pauses. */
const PAUSE = 120;

/** Looking for messages by their words, in one conversation or in all. */
export class Search {
  words = $state('');
  hits = $state.raw<readonly SearchHit[]>([]);
  hasMore = $state(false);
  /** Whether everything was searched: after an update old messages are made ready little by little. */
  complete = $state(true);
  /** Whether `hits` are those for `words`. */
  settled = $state(true);
  readonly #platform: Platform;
  readonly #conversation: string | null;
  readonly #failed: (thrown: unknown) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asking = false;

  constructor(platform: Platform, conversation: string | null, failed: (thrown: unknown) => void) {
    this.#platform = platform;
    this.#conversation = conversation;
    this.#failed = failed;
  }

  get active(): boolean {
    return this.words.trim() !== '';
  }

  /** What is looked for from now on; the hits follow. */
  look(words: string): void {
    this.words = words;
    clearTimeout(this.#timer);
    if (!this.active) return this.#show([], false, true);
    this.settled = false;
    this.#timer = setTimeout(() => this.again().catch(this.#failed), PAUSE);
  }

  clear(): void {
    this.look('');
  }

  /** Asks for the newest hits. An answer to words that are not looked for any more is dropped. */
  async again(): Promise<void> {
    const words = this.words;
    const page = await this.#ask(words, null);
    if (words === this.words) this.#show(page.hits, page.hasMore, page.complete);
  }

  /** The next older hits. */
  async more(): Promise<void> {
    const oldest = this.hits[this.hits.length - 1];
    if (!oldest || !this.hasMore || this.#asking || !this.settled) return;
    this.#asking = true;
    const words = this.words;
    try {
      const page = await this.#ask(words, oldest.message);
      if (words === this.words) this.#show([...this.hits, ...page.hits], page.hasMore, page.complete);
    } finally {
      this.#asking = false;
    }
  }

  #ask(words: string, before: number | null) {
    return this.#platform.call('search', { words, conversation: this.#conversation, before, limit: PAGE });
  }

  #show(hits: readonly SearchHit[], hasMore: boolean, complete: boolean): void {
    this.hits = hits;
    this.hasMore = hasMore;
    this.complete = complete;
    this.settled = true;
  }
}
