import type { ErrorCode, Inspection } from '../api/generated';
import type { Platform } from '../platform';
import { toApiError } from './errors';

/** Where the sessions with the contact stand that the user looks at behind the curtain. */
export class InspectorStore {
  inspection = $state.raw<Inspection | null>(null);
  error = $state<ErrorCode | null>(null);
  readonly #platform: Platform;
  #wanted: string | null = null;
  /** Whether it is being asked, and whether it has moved since. */
  #asking = false;
  #moved = false;

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  async open(contact: string): Promise<void> {
    this.#wanted = contact;
    this.inspection = null;
    await this.#look();
  }

  close(): void {
    this.#wanted = null;
    this.inspection = null;
  }

  /** A session has moved. A burst of messages is asked about twice, not once for each. */
  async moved(contact: string): Promise<void> {
    if (this.#wanted === contact) await this.#look();
  }

  /** Something may have been missed. */
  async reload(): Promise<void> {
    if (this.#wanted !== null) await this.#look();
  }

  async #look(): Promise<void> {
    this.#moved = true;
    if (this.#asking) return;
    this.#asking = true;
    while (this.#moved && this.#wanted !== null) {
      this.#moved = false;
      const contact: string = this.#wanted;
      try {
        const inspection = await this.#platform.call('inspect', { contact });
        if (this.#wanted === contact) [this.inspection, this.error] = [inspection, null];
      } catch (thrown) {
        if (this.#wanted === contact) this.error = toApiError(thrown).code;
      }
    }
    this.#asking = false;
  }
}
