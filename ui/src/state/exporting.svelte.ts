import type { Conversation, Me, Message } from '../api/generated';
import type { Platform } from '../platform';
import { transcript, type Format, type Spoken } from '../text/transcript';

/** As many messages as are asked for at once. */
const PAGE = 200;

/** Writes all messages into one file that anybody can read. One for each time it is wanted. */
export class Exporting {
  /** How many messages were read; null: it does not run. */
  read = $state<number | null>(null);
  readonly #platform: Platform;
  #stopped = false;

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  /** Answers where the file is, null where the machine does not tell; undefined: it was stopped. */
  async write(format: Format, me: Me): Promise<string | null | undefined> {
    this.read = 0;
    try {
      const spoken: Spoken[] = [];
      for (const { contact, id } of await this.#platform.call('conversations')) {
        const messages = await this.#messages(id);
        if (this.#stopped) return undefined;
        if (messages.length > 0) spoken.push({ contact, messages });
      }
      const now = Date.now();
      const text = transcript(format, me, spoken, now);
      const [kind, ending] = format === 'json' ? ['application/json', 'json'] : ['text/plain', 'txt'];
      const file = `sotto-messages-${new Date(now).toISOString().slice(0, 10)}.${ending}`;
      return await this.#platform.save(new Blob([text], { type: `${kind};charset=utf-8` }), file);
    } finally {
      this.read = null;
    }
  }

  stop(): void {
    this.#stopped = true;
  }

  /** All messages of a conversation, oldest first. */
  async #messages(conversation: Conversation['id']): Promise<Message[]> {
    const pages: Message[][] = [];
    let before: number | null = null;
    let hasOlder = true;
    while (hasOlder && !this.#stopped) {
      const page: { messages: Message[]; hasOlder: boolean } = await this.#platform.call('messages', {
        conversation,
        before,
        limit: PAGE,
      });
      pages.unshift(page.messages);
      this.read = (this.read ?? 0) + page.messages.length;
      before = page.messages[0]?.id ?? null;
      hasOlder = page.hasOlder && before !== null;
    }
    return withoutWhatDisappears(pages.flat());
  }
}

/** What is to disappear must not stay in a file, nor in a reply that quotes it. */
const withoutWhatDisappears = (messages: Message[]): Message[] => {
  const kept = messages.filter(({ lifetime }) => lifetime === null);
  const ids = new Set(kept.map(({ id }) => id));
  return kept.map((message) =>
    message.quote?.kind === 'found' && !ids.has(message.quote.message)
      ? { ...message, quote: { kind: 'missing' } }
      : message,
  );
};
