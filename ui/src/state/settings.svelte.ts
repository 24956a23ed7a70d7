import type { Settings } from '../api/generated';
import type { Platform } from '../platform';

const defaults: Settings = {
  theme: 'system',
  notifications: 'nameOnly',
  readReceipts: true,
  typingIndicators: true,
  keepRunning: true,
  lockAfterMinutes: null,
  lockWithSystem: true,
};

/** The user's settings; what the screen shows before the account is open are the defaults. */
export class SettingsStore {
  current = $state.raw<Settings>(defaults);
  readonly #platform: Platform;

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  apply(settings: Settings): void {
    this.current = settings;
  }

  async load(): Promise<void> {
    this.current = await this.#platform.call('settings');
  }

  /** Shows the change at once and takes it back if it is refused. */
  async change(part: Partial<Settings>): Promise<void> {
    const before = this.current;
    this.current = { ...before, ...part };
    try {
      this.current = await this.#platform.call('update_settings', { settings: this.current });
    } catch (thrown) {
      this.current = before;
      throw thrown;
    }
  }
}
