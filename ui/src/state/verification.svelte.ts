import type { Contact, ErrorCode, SafetyNumber } from '../api/generated';
import type { Platform } from '../platform';
import { toApiError } from './errors';

/** The safety number that is on the screen, and what the user decides about it. */
export class VerificationStore {
  safety = $state.raw<SafetyNumber | null>(null);
  error = $state<ErrorCode | null>(null);
  readonly #platform: Platform;
  readonly #decided: (contact: Contact) => void;
  #wanted: string | null = null;

  constructor(platform: Platform, decided: (contact: Contact) => void) {
    this.#platform = platform;
    this.#decided = decided;
  }

  async open(contact: string): Promise<void> {
    if (this.#wanted !== contact) this.safety = null;
    this.#wanted = contact;
    this.error = null;
    try {
      const safety = await this.#platform.call('safety_number', { contact });
      if (this.#wanted === contact) this.safety = safety;
    } catch (thrown) {
      if (this.#wanted === contact) this.error = toApiError(thrown).code;
    }
  }

  close(): void {
    this.#wanted = null;
    this.safety = null;
  }

  /** Another key may have come while the screen is open: what is shown must be what would be marked. */
  async refresh(contact: Contact): Promise<void> {
    const shown = this.safety?.contact;
    if (this.#wanted !== contact.id || !shown) return;
    const isSame =
      shown.verification === contact.verification &&
      shown.identityChange?.fingerprint === contact.identityChange?.fingerprint;
    if (!isSame) await this.open(contact.id);
  }

  /** A block of the number that is on the screen is another one on theirs. */
  async reportDifference(): Promise<void> {
    const shown = this.safety;
    if (!shown) return;
    const { contact: about, fingerprint } = shown;
    const contact = await this.#platform.call('report_difference', { contact: about.id, fingerprint });
    this.#decided(contact);
    await this.open(contact.id);
  }

  async setVerified(verified: boolean): Promise<void> {
    const shown = this.safety;
    if (!shown) return;
    const contact = await this.#platform.call('set_verified', {
      contact: shown.contact.id,
      fingerprint: shown.fingerprint,
      verified,
    });
    this.#decided(contact);
    await this.open(contact.id);
  }
}
