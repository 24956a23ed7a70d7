import type { Platform } from '../platform';

/** What the machine around the page does for it: how large it is shown, what it saves, whether it starts with the session. */
export class MachineStore {
  /** `null`: not known yet, or the machine cannot. */
  startsWithSession = $state<boolean | null>(null);
  readonly #platform: Platform;
  #zoomed = 1;

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  get canZoom(): boolean {
    return this.#platform.zoom !== null;
  }

  get hearsOfSleep(): boolean {
    return this.#platform.hearsOfSleep;
  }

  async zoom(factor: number): Promise<void> {
    if (factor === this.#zoomed) return;
    this.#zoomed = factor;
    await this.#platform.zoom?.(factor);
  }

  /** Saves what the page has made; answers where it is, or null where the machine does not tell. */
  save(made: Blob, name: string): Promise<string | null> {
    return this.#platform.save(made, name);
  }

  async load(): Promise<void> {
    this.startsWithSession = (await this.#platform.autostart?.isOn()) ?? null;
  }

  /** Shows what the system says afterwards, which may have refused. */
  async startWithSession(on: boolean): Promise<void> {
    this.startsWithSession = on;
    try {
      await this.#platform.autostart?.set(on);
    } finally {
      await this.load();
    }
  }
}
