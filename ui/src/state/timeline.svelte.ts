import type { Message } from '../api/generated';
import type { Platform } from '../platform';

const FIRST_PAGE = 60;
const OLDER_PAGE = 200;

/**
 * The messages of one conversation, as far back as the user has looked. It outlives the screens that show it, so what is
 * derived from it belongs to them.
 */
export class Timeline {
  messages = $state.raw<readonly Message[]>([]);
  /** Where the unread separator stands; it stays until the conversation is opened anew. */
  firstUnread = $state<number | null>(null);
  hasOlder = $state(false);
  loaded = $state(false);
  typing = $state(false);
  /** True while the rows grow at their start, so that the list keeps what is in view where it is. */
  prepending = $state(false);

  readonly conversation: string;
  readonly #platform: Platform;
  #readUpTo = 0;
  #loadingOlder = false;
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
    this.prepending = false;
    this.messages = page.messages;
    this.hasOlder = page.hasOlder;
    this.firstUnread = page.firstUnread;
    this.loaded = true;
  }

  async loadOlder(): Promise<void> {
    const oldest = this.messages[0];
    if (!oldest || !this.hasOlder || this.#loadingOlder) return;
    this.#loadingOlder = true;
    try {
      const page = await this.#platform.call('messages', {
        conversation: this.conversation,
        before: oldest.id,
        limit: OLDER_PAGE,
      });
      this.prepending = true;
      this.messages = [...page.messages, ...this.messages];
      this.hasOlder = page.hasOlder;
    } finally {
      this.#loadingOlder = false;
    }
  }

  /** A new message, or a changed one: the event may come before or after a command's own answer. */
  apply(message: Message): void {
    const at = this.messages.findLastIndex(({ id }) => id === message.id);
    if (at >= 0) {
      this.messages = this.messages.with(at, message);
      return;
    }
    const newest = this.messages[this.messages.length - 1];
    if (newest && message.id < newest.id) return;
    this.prepending = false;
    this.messages = [...this.messages, message];
    if (message.outgoing) return;
    this.typing = false;
    if (this.#away) this.firstUnread ??= message.id;
  }

  async send(text: string): Promise<void> {
    const message = await this.#platform.call('send_message', { conversation: this.conversation, text });
    this.firstUnread = null;
    if (!this.messages.some(({ id }) => id === message.id)) this.apply(message);
  }

  async retry(id: number): Promise<void> {
    this.apply(await this.#platform.call('retry_message', { id }));
  }

  /** The user has seen everything up to the newest message. */
  async markRead(): Promise<void> {
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
