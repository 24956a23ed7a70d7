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

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  of(contact: string): WordComparison | undefined {
    return this.#byContact.get(contact);
  }

  async load(contact: string): Promise<void> {
    this.apply(await this.#platform.call('words', { contact }));
  }

  apply(comparison: WordComparison): void {
    this.#byContact = new Map(this.#byContact).set(comparison.contact, comparison);
  }

  async begin(contact: string): Promise<void> {
    this.apply(await this.#platform.call('begin_words', { contact }));
  }

  async type(contact: string, first: string, second: string): Promise<Unknown> {
    const typed = await this.#platform.call('type_words', { contact, first, second });
    if (typed.kind === 'unknown') return { first: typed.first, second: typed.second };
    this.apply(typed.comparison);
    return NONE;
  }

  /** Calls it off, or forgets how it ended. */
  async close(contact: string): Promise<void> {
    this.apply(await this.#platform.call('close_words', { contact }));
  }

  async reload(): Promise<void> {
    await Promise.all([...this.#byContact.keys()].map((contact) => this.load(contact)));
  }
}
