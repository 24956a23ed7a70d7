import type { Message } from '../api/generated';
import type { DraftsStore } from './drafts.svelte';
import type { Timeline } from './timeline.svelte';

const wordsOf = (message: Message): string => (message.body.kind === 'text' ? message.body.text : '');

/** What the user is about to say in one conversation: something new, a reply, or other words for something they said. */
export class Composing {
  reply = $state.raw<Message | null>(null);
  edited = $state.raw<Message | null>(null);
  #newWords = $state('');
  readonly #timeline: Timeline;
  readonly #drafts: DraftsStore;

  constructor(timeline: Timeline, drafts: DraftsStore) {
    this.#timeline = timeline;
    this.#drafts = drafts;
  }

  /** What stands in the composer: the words of an edit never become the draft. */
  get text(): string {
    return this.edited ? this.#newWords : this.#drafts.of(this.#timeline.conversation);
  }

  change(text: string): void {
    if (this.edited) this.#newWords = text;
    else this.#drafts.keep(this.#timeline.conversation, text);
  }

  replyTo(message: Message): void {
    this.edited = null;
    this.reply = message;
  }

  edit(message: Message): void {
    this.reply = null;
    this.edited = message;
    this.#newWords = wordsOf(message);
  }

  /** The last thing the user said, to be said better. */
  editLast(): boolean {
    const last = this.#timeline.messages.findLast(({ outgoing, body }) => outgoing && body.kind === 'text');
    if (last) this.edit(last);
    return last !== undefined;
  }

  /** Back to something new; answers whether there was anything else. */
  cancel(): boolean {
    const was = this.reply !== null || this.edited !== null;
    this.reply = null;
    this.edited = null;
    return was;
  }

  /** Sends what stands in the composer. What could not be sent stands there again. */
  async send(text: string): Promise<void> {
    const { reply, edited } = this;
    this.cancel();
    try {
      if (edited) await this.#timeline.edit(edited.id, text);
      else {
        this.#drafts.forget(this.#timeline.conversation);
        await this.#timeline.send(text, reply?.id ?? null);
      }
    } catch (thrown) {
      this.reply = reply;
      this.edited = edited;
      this.change(text);
      throw thrown;
    }
  }
}
