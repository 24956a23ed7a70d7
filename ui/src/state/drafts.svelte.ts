import type { Conversation } from '../api/generated';
import type { Platform } from '../platform';

/** What is written is kept when typing pauses. */
const PAUSE = 600;

/** What was written but not sent, per conversation. The engine keeps it in its encrypted database. */
export class DraftsStore {
  #texts = $state.raw<ReadonlyMap<string, string>>(new Map());
  readonly #platform: Platform;
  readonly #waiting = new Map<string, ReturnType<typeof setTimeout>>();

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  of(conversation: string): string {
    return this.#texts.get(conversation) ?? '';
  }

  /** Takes over what was kept; what was written since then counts more. */
  load(conversations: readonly Conversation[]): void {
    const texts = new Map(this.#texts);
    for (const { id, draft } of conversations) if (draft !== null && !texts.has(id)) texts.set(id, draft);
    this.#texts = texts;
  }

  keep(conversation: string, text: string): void {
    this.#put(conversation, text);
    clearTimeout(this.#waiting.get(conversation));
    this.#waiting.set(
      conversation,
      setTimeout(() => void this.#save(conversation).catch(() => undefined), PAUSE),
    );
  }

  /** It was sent: the engine takes it away itself. */
  forget(conversation: string): void {
    clearTimeout(this.#waiting.get(conversation));
    this.#waiting.delete(conversation);
    this.#put(conversation, '');
  }

  /** Keeps at once what waits for typing to pause: the window may be about to close. */
  async flush(): Promise<void> {
    await Promise.allSettled([...this.#waiting.keys()].map((conversation) => this.#save(conversation)));
  }

  /** Keeps what waits, and forgets all of it here. */
  clear(): void {
    // What is sent is read before this returns.
    void this.flush();
    this.#texts = new Map();
  }

  async #save(conversation: string): Promise<void> {
    clearTimeout(this.#waiting.get(conversation));
    this.#waiting.delete(conversation);
    await this.#platform.call('keep_draft', { conversation, text: this.of(conversation) });
  }

  #put(conversation: string, text: string): void {
    const texts = new Map(this.#texts);
    if (text === '') texts.delete(conversation);
    else texts.set(conversation, text);
    this.#texts = texts;
  }
}
