import type { ErrorCode, Me, NewRecoveryCode, Proof, RecoveryCodeReading, VaultSlot } from '../api/generated';
import type { Platform } from '../platform';
import { toApiError } from './errors';

/** The ways into the account. What is typed for them is handed on and kept nowhere. */
export class KeysStore {
  readonly #platform: Platform;
  readonly #changed: (me: Me) => void;

  constructor(platform: Platform, changed: (me: Me) => void) {
    this.#platform = platform;
    this.#changed = changed;
  }

  /** What has been typed of a recovery code so far. */
  read = (code: string): Promise<RecoveryCodeReading> => this.#platform.call('read_recovery_code', { code });

  setPassphrase(passphrase: string, proof: Proof | null): Promise<ErrorCode | null> {
    return this.#change(() => this.#platform.call('set_passphrase', { passphrase, proof }));
  }

  keepInKeychain(proof: Proof | null): Promise<ErrorCode | null> {
    return this.#change(() => this.#platform.call('keep_in_keychain', { proof }));
  }

  remove(slot: VaultSlot, proof: Proof | null): Promise<ErrorCode | null> {
    return this.#change(() => this.#platform.call('remove_way_in', { slot, proof }));
  }

  /** A new recovery code, which is no way in before some of it was typed back. */
  createCode(proof: Proof | null): Promise<NewRecoveryCode> {
    return this.#platform.call('create_recovery_code', { proof });
  }

  /** Which of the groups that were asked for are not right; none: the code is a way in from now on. */
  async checkCode(typed: string[]): Promise<readonly number[]> {
    const check = await this.#platform.call('check_recovery_code', { typed });
    if (check.kind === 'differs') return check.groups;
    this.#changed(check.me);
    return [];
  }

  /** Makes a backup that the recovery code opens; answers where it is. */
  async backUp(code: string): Promise<string> {
    return (await this.#platform.call('make_backup', { code })).file;
  }

  forgetCode(): void {
    // If it is not forgotten now, it is with the next one, or when the window is locked.
    void this.#platform.call('forget_recovery_code').catch(() => undefined);
  }

  async #change(change: () => Promise<Me>): Promise<ErrorCode | null> {
    try {
      this.#changed(await change());
      return null;
    } catch (thrown) {
      return toApiError(thrown).code;
    }
  }
}
