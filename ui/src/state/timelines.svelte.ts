import type { Message } from '../api/generated';
import type { Platform } from '../platform';
import { Timeline } from './timeline.svelte';

/** How many conversations stay in memory after they were looked at. */
const KEPT = 6;

/** The timelines of the conversations looked at lately. */
export class TimelinesStore {
  readonly #platform: Platform;
  readonly #open = new Map<string, Timeline>();

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  /** The conversation's timeline, which then counts as the latest looked at. */
  open(conversation: string): Timeline {
    const timeline = this.#open.get(conversation) ?? new Timeline(this.#platform, conversation);
    this.#open.delete(conversation);
    this.#open.set(conversation, timeline);
    for (const oldest of this.#open.keys()) {
      if (this.#open.size <= KEPT) break;
      this.#open.delete(oldest);
    }
    return timeline;
  }

  apply(message: Message): void {
    const timeline = this.#open.get(message.conversation);
    if (timeline?.loaded) timeline.apply(message);
  }

  applyRemoval(conversation: string, id: number): void {
    this.#open.get(conversation)?.remove(id);
  }

  applyTyping(conversation: string, typing: boolean): void {
    const timeline = this.#open.get(conversation);
    if (timeline) timeline.typing = typing;
  }

  forget(conversation: string): void {
    this.#open.delete(conversation);
  }

  clear(): void {
    this.#open.clear();
  }

  async reload(): Promise<void> {
    await Promise.all([...this.#open.values()].map((timeline) => timeline.load()));
  }
}
