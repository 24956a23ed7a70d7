import type { Connection } from '../api/generated';
import type { Platform } from '../platform';

/** How the relay and we stand, and how long until the next attempt. */
export class ConnectionStore {
  current = $state.raw<Connection>({ state: 'connecting' });
  readonly #platform: Platform;
  #now = $state(Date.now());

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  /** Whole seconds until the next attempt; null when none is planned or needed. */
  get secondsToRetry(): number | null {
    if (this.current.state !== 'offline' || this.current.retryAt === null) return null;
    return Math.max(0, Math.ceil((this.current.retryAt - this.#now) / 1000));
  }

  /** Whether the account lives on another computer now, and this one is not to try again. */
  get hasMoved(): boolean {
    return this.current.state === 'offline' && this.current.error?.code === 'account_moved';
  }

  apply(connection: Connection): void {
    this.#now = Date.now();
    this.current = connection;
  }

  async load(): Promise<void> {
    this.apply(await this.#platform.call('connection'));
  }

  async reconnect(): Promise<void> {
    await this.#platform.call('reconnect');
  }

  /** Moves the countdown on; the sidebar calls it while it shows one. */
  tick(): void {
    this.#now = Date.now();
  }
}
