import type { Platform } from '../platform';

/** The way out of the app: web addresses, opened by the system's browser and only when asked. */
export class LinksStore {
  readonly #platform: Platform;

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  /** Whether this machine lets us open a browser. */
  get canOpen(): boolean {
    return this.#platform.openLink !== null;
  }

  async open(url: string): Promise<void> {
    await this.#platform.openLink?.(url);
  }
}
