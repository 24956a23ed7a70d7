import type { WordComparison } from '../api/generated';
import type { Platform } from '../platform';

/** Which of two typed words are no words of the list. */
export interface Unknown {
  first: boolean;
  second: boolean;
}

const NONE: Unknown = { first: false, second: false };

/** The comparisons by words, by contact. */
export class WordsStore {
  #byContact = $state.raw<ReadonlyMap<string, WordComparison>>(new Map());
  readonly #platform: Platform;
  #told = 0;

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  of(contact: string): WordComparison | undefined {
    return this.#byContact.get(contact);
  }

  async load(contact: string): Promise<void> {
    await this.#ask(() => this.#platform.call('words', { contact }));
  }

  /** What the engine tells, in the order in which it happened. */
  apply(comparison: WordComparison): void {
    this.#told += 1;
    this.#byContact = new Map(this.#byContact).set(comparison.contact, comparison);
  }

  async begin(contact: string): Promise<void> {
    await this.#ask(() => this.#platform.call('begin_words', { contact }));
  }

  async type(contact: string, first: string, second: string): Promise<Unknown> {
    const told = this.#told;
    const typed = await this.#platform.call('type_words', { contact, first, second });
    if (typed.kind === 'unknown') return { first: typed.first, second: typed.second };
    if (told === this.#told) this.apply(typed.comparison);
    return NONE;
  }

  /** Calls it off, or forgets how it ended. */
  async close(contact: string): Promise<void> {
    await this.#ask(() => this.#platform.call('close_words', { contact }));
  }

  /** An answer may arrive after what has happened since: then it is out of date, and what was told stands. */
  async #ask(call: () => Promise<WordComparison>): Promise<void> {
    const told = this.#told;
    const comparison = await call();
    if (told === this.#told) this.apply(comparison);
  }

  clear(): void {
    this.#byContact = new Map();
  }

  async reload(): Promise<void> {
    await Promise.all([...this.#byContact.keys()].map((contact) => this.load(contact)));
  }
}
