import type { AppState, CreateAccount, ErrorCode, Me, Proof, VaultChoice } from '../api/generated';
import type { Platform } from '../platform';
import { toApiError } from './errors';

/** Where the app stands: starting, onboarding, locked, ready or in trouble. */
export class AppStore {
  state = $state.raw<AppState | null>(null);
  /** A user name that was typed and not saved. */
  typedUserName: string | null = null;
  readonly #platform: Platform;

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  /** The user's own account, once it is open. */
  get me(): Me | null {
    return this.state?.stage === 'ready' ? this.state.me : null;
  }

  apply(state: AppState): void {
    this.state = state;
  }

  /** The user's own account has changed. */
  applyMe = (me: Me): void => {
    if (this.state?.stage === 'ready') this.state = { ...this.state, me };
  };

  async load(): Promise<void> {
    try {
      this.state = await this.#platform.call('app_state');
    } catch (thrown) {
      this.state = { stage: 'trouble', profile: '', error: toApiError(thrown), ways: [] };
    }
  }

  /** The address in full if a relay of ours answers there; otherwise throws. */
  checkRelay(address: string): Promise<string> {
    return this.#platform.call('check_relay', { address });
  }

  async createAccount(account: CreateAccount): Promise<ErrorCode | null> {
    return this.#advance(() => this.#platform.call('create_account', account));
  }

  /** Makes the account that is in the backup which was brought the account of this computer. */
  async restoreAccount(code: string, vault: VaultChoice): Promise<ErrorCode | null> {
    return this.#advance(() => this.#platform.call('restore_account', { code, vault }));
  }

  /** Opens the account, or the lock in front of the window. */
  async unlock(proof: Proof): Promise<ErrorCode | null> {
    return this.#advance(() => this.#platform.call('unlock', { proof }));
  }

  async lock(): Promise<ErrorCode | null> {
    return this.#advance(() => this.#platform.call('lock'));
  }

  async retryStart(): Promise<ErrorCode | null> {
    return this.#advance(() => this.#platform.call('retry_start'));
  }

  async setAsideDatabase(): Promise<ErrorCode | null> {
    return this.#advance(() => this.#platform.call('set_aside_database'));
  }

  async setDisplayName(name: string): Promise<ErrorCode | null> {
    return this.#changeMe(() => this.#platform.call('set_display_name', { name }));
  }

  /** Takes a user name; an empty one gives it up. */
  async setUserName(name: string): Promise<ErrorCode | null> {
    return this.#changeMe(() => this.#platform.call('set_user_name', { name }));
  }

  /** The user has seen that a backup took the place of the messages. */
  async restorationSeen(): Promise<ErrorCode | null> {
    return this.#changeMe(() => this.#platform.call('restoration_seen'));
  }

  async #advance(step: () => Promise<AppState>): Promise<ErrorCode | null> {
    try {
      this.state = await step();
      return null;
    } catch (thrown) {
      return toApiError(thrown).code;
    }
  }

  async #changeMe(change: () => Promise<Me>): Promise<ErrorCode | null> {
    try {
      this.applyMe(await change());
      return null;
    } catch (thrown) {
      return toApiError(thrown).code;
    }
  }
}
