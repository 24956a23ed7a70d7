import type { Message, MessagePage } from '../api/generated';
import type { Platform } from '../platform';

const FIRST_PAGE = 60;
const MORE = 200;

/**
 * The messages of one conversation, as far back as the user has looked. It outlives the screens that show it, so what is
 * derived from it belongs to them.
 */
export class Timeline {
  messages = $state.raw<readonly Message[]>([]);
  /** Where the unread separator stands; it stays until the conversation is opened anew. */
  firstUnread = $state<number | null>(null);
  hasOlder = $state(false);
  /** Whether there are messages after the last of `messages`: the user looks at something further back. */
  hasNewer = $state(false);
  loaded = $state(false);
  typing = $state(false);
  /** True while the rows grow at their start, so that the list keeps what is in view where it is. */
  prepending = $state(false);

  readonly conversation: string;
  readonly #platform: Platform;
  #readUpTo = 0;
  #loading = false;
  #away = false;

  constructor(platform: Platform, conversation: string) {
    this.#platform = platform;
    this.conversation = conversation;
  }

  /** Loads the newest page: on opening, and whenever events may have been missed. */
  async load(): Promise<void> {
    const page = await this.#platform.call('messages', {
      conversation: this.conversation,
      before: null,
      limit: FIRST_PAGE,
    });
    this.#show(page);
    this.firstUnread = page.firstUnread;
  }

  /** Makes sure that the message `id` is among those that are there, if it still exists; answers whether it is. */
  async reveal(id: number): Promise<boolean> {
    if (!this.#has(id)) {
      const { conversation } = this;
      this.#show(
        await this.#platform.call('messages_around', { conversation, message: id, limit: FIRST_PAGE }),
      );
    }
    return this.#has(id);
  }

  /** Goes back to the newest messages. */
  async catchUp(): Promise<void> {
    if (this.hasNewer || !this.loaded) await this.load();
  }

  async loadNewer(): Promise<void> {
    const newest = this.messages[this.messages.length - 1];
    if (!newest || !this.hasNewer || this.#loading) return;
    this.#loading = true;
    try {
      const { conversation } = this;
      const page = await this.#platform.call('messages_after', {
        conversation,
        after: newest.id,
        limit: MORE,
      });
      if (this.messages[this.messages.length - 1] !== newest) return;
      this.prepending = false;
      this.messages = [...this.messages, ...page.messages];
      this.hasNewer = page.hasNewer;
    } finally {
      this.#loading = false;
    }
  }

  #show(page: MessagePage): void {
    this.prepending = false;
    this.messages = page.messages;
    this.hasOlder = page.hasOlder;
    this.hasNewer = page.hasNewer;
    this.loaded = true;
  }

  #has(id: number): boolean {
    return this.messages.some((message) => message.id === id);
  }

  async loadOlder(): Promise<void> {
    const oldest = this.messages[0];
    if (!oldest || !this.hasOlder || this.#loading) return;
    this.#loading = true;
    try {
      const page = await this.#platform.call('messages', {
        conversation: this.conversation,
        before: oldest.id,
        limit: MORE,
      });
      if (this.messages[0] !== oldest) return;
      this.prepending = true;
      this.messages = [...page.messages, ...this.messages];
      this.hasOlder = page.hasOlder;
    } finally {
      this.#loading = false;
    }
  }

  /** A new message, or a changed one: the event may come before or after a command's own answer. */
  apply(message: Message): void {
    const at = this.messages.findLastIndex(({ id }) => id === message.id);
    if (at >= 0) {
      this.messages = this.messages.with(at, message).map((other) => requoted(other, message));
      return;
    }
    const newest = this.messages[this.messages.length - 1];
    if (this.hasNewer || (newest && message.id < newest.id)) return;
    this.prepending = false;
    this.messages = [...this.messages, message];
    if (message.outgoing) return;
    this.typing = false;
    if (this.#away) this.firstUnread ??= message.id;
  }

  async send(text: string, replyTo: number | null = null): Promise<void> {
    const { conversation } = this;
    const message = await this.#platform.call('send_message', { conversation, text, replyTo });
    this.firstUnread = null;
    await this.catchUp();
    if (!this.messages.some(({ id }) => id === message.id)) this.apply(message);
  }

  async edit(id: number, text: string): Promise<void> {
    this.apply(await this.#platform.call('edit_message', { id, text }));
  }

  async react(id: number, emoji: string | null): Promise<void> {
    this.apply(await this.#platform.call('react', { id, emoji }));
  }

  async deleteForEveryone(id: number): Promise<void> {
    await this.#platform.call('delete_message', { id });
  }

  /** A message is gone, and what replied to it replies to nothing. */
  remove(id: number): void {
    this.messages = this.messages
      .filter((message) => message.id !== id)
      .map((message) =>
        message.quote?.kind === 'found' && message.quote.message === id
          ? { ...message, quote: { kind: 'missing' } }
          : message,
      );
  }

  async retry(id: number): Promise<void> {
    this.apply(await this.#platform.call('retry_message', { id }));
  }

  /** The user has seen everything up to the newest message. */
  async markRead(): Promise<void> {
    if (this.hasNewer) return;
    const newest = this.messages.findLast((message) => !message.outgoing);
    if (!newest || newest.id <= this.#readUpTo) return;
    this.#readUpTo = newest.id;
    await this.#platform.call('mark_read', { conversation: this.conversation, upTo: newest.id });
  }

  async setTyping(typing: boolean): Promise<void> {
    await this.#platform.call('set_typing', { conversation: this.conversation, typing });
  }

  /** The user turns to another window: what comes from now on is set apart when they are back. */
  leave(): void {
    this.#away = true;
    this.firstUnread = null;
  }

  comeBack(): void {
    this.#away = false;
  }
}

/** A message that quotes `changed`, as it has to be from now on. */
const requoted = (message: Message, changed: Message): Message => {
  const { quote } = message;
  if (quote?.kind !== 'found' || quote.message !== changed.id) return message;
  if (changed.body.kind !== 'text') return { ...message, quote: { kind: 'missing' } };
  const text = changed.body.text.slice(0, 240);
  return quote.text === text ? message : { ...message, quote: { ...quote, text } };
};
