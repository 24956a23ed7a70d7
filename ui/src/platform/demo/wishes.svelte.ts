import type { ErrorCode } from '../../api/generated';
import { isWorldName, type WorldName } from '../../fixtures/worlds';
import { errorCodes } from '../../state/errors';
import { densities, keep, kept, type Density } from '../../state/look.svelte';

/** What the address bar, or the strip, asks the demo to show. The address bar always says how to come here again. */
export class Wishes {
  latency = $state(30);
  /** The code that every command fails with that does something; null lets them succeed. */
  failure = $state<ErrorCode | null>(null);
  readonly #asked: URLSearchParams;

  constructor(search: string) {
    this.#asked = new URLSearchParams(search);
    this.latency = Number(this.#asked.get('latency') ?? 30);
    this.failure = errorCodes.find((code) => code === this.#asked.get('failure')) ?? null;
    const density = densities.find((known) => known === this.#asked.get('density'));
    if (density) keep({ density });
    const contrast = this.#asked.get('contrast');
    if (contrast !== null) keep({ moreContrast: contrast === 'more' });
  }

  get world(): WorldName {
    const name = this.#asked.get('world');
    return isWorldName(name) ? name : 'busy';
  }

  get theme(): 'system' | 'light' | 'dark' {
    const theme = this.#asked.get('theme');
    return theme === 'light' || theme === 'dark' ? theme : 'system';
  }

  get locale(): string | null {
    return this.#asked.get('locale') ?? (this.world === 'right-to-left' ? 'ar' : null);
  }

  get contrast(): string {
    return kept().moreContrast ? 'more' : 'normal';
  }

  get density(): Density {
    return kept().density;
  }

  get hidesStrip(): boolean {
    return this.#asked.get('chrome') === 'off';
  }

  write(name: string, value: string): void {
    this.#asked.set(name, value);
    history.replaceState(null, '', `?${this.#asked}${window.location.hash}`);
  }

  /** Changes the look as the settings would. */
  look(part: { density?: Density; moreContrast?: boolean }): void {
    keep(part);
    if (part.density) this.write('density', part.density);
    if (part.moreContrast !== undefined) this.write('contrast', part.moreContrast ? 'more' : 'normal');
  }
}
