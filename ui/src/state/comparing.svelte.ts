import type { Judgement, OwnCard, Picture } from '../api/generated';
import type { Platform } from '../platform';
import { greysOfFile } from '../text/picture';

/** What was handed over, a text or a picture, judged for one contact; and the user's own card. */
export class ComparingStore {
  judgement = $state.raw<Judgement | null>(null);
  card = $state.raw<OwnCard | null>(null);
  readonly #platform: Platform;

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  clear(): void {
    this.judgement = null;
    this.card = null;
  }

  async loadCard(): Promise<void> {
    this.card = await this.#platform.call('own_card');
  }

  async text(contact: string, text: string): Promise<void> {
    this.judgement = await this.#platform.call('compare_card', { contact, text });
  }

  async file(contact: string, file: Blob): Promise<void> {
    const picture = await greysOfFile(file);
    this.judgement = picture
      ? await this.#platform.call('compare_picture', { contact, picture })
      : { kind: 'nothing' };
  }

  /** A picture of a camera that runs: most show nothing, and half a code is no judgement yet. Answers whether this one is. */
  async frame(contact: string, picture: Picture): Promise<boolean> {
    const judgement = await this.#platform.call('compare_picture', { contact, picture });
    if (judgement.kind === 'nothing' || judgement.kind === 'damaged') return false;
    this.judgement = judgement;
    return true;
  }

  forget(): void {
    this.judgement = null;
  }
}
