import type { Judgement, OwnCard, TypedWords, WordComparison, WordStage } from '../../api/generated';
import { alice } from '../../fixtures/world';
import { qrFor } from './safety';

const STEP = 10 * 60_000;
const ALICES: [string, string] = ['lantern', 'orbit'];

/** What the contact of the demo reads out. */
export const THEIRS: [string, string] = ['velvet', 'harvest'];

const KEY = '3f9a02bc77de1a0c5e1190abcdef0123456789abcdef0123fedcba9876543210';

export const ownCard = (): OwnCard => ({
  text: [
    '[Sotto card 1]',
    'Key: 3f9a 02bc 77de 1a0c 5e11 90ab cdef 0123',
    '     4567 89ab cdef 0123 fedc ba98 7654 3210',
    `Address: ${alice.address}`,
    'Check: 9f3a11c2',
    `Name: ${alice.displayName}`,
    '[End of Sotto card]',
    '',
  ].join('\n'),
  qr: qrFor('card'),
  fingerprint: KEY,
});

/** The demo knows cards by a word in them: `differs`, `somebody`, `own`, `another`, `conversation`, `damaged`, `version`. */
export const judge = (text: string): Judgement => {
  if (!text.includes('Sotto card')) return { kind: 'nothing' };
  if (text.includes('differs')) return { kind: 'differs' };
  if (text.includes('somebody')) return { kind: 'somebodyElses', name: 'Carol Ng' };
  if (text.includes(alice.address) || text.includes('own')) return { kind: 'own' };
  if (text.includes('another')) return { kind: 'forAnother' };
  if (text.includes('conversation')) return { kind: 'fromTheConversation' };
  if (text.includes('damaged')) return { kind: 'damaged' };
  if (text.includes('version')) return { kind: 'otherVersion' };
  return { kind: 'verified' };
};

/** A comparison by words with somebody who is always there: every step of the user's is answered after a moment. */
export class DemoWords {
  readonly #comparisons = new Map<string, WordComparison>();
  readonly #changed: (comparison: WordComparison) => void;
  readonly #verified: (contact: string) => void;
  readonly #pause: number;

  constructor(
    changed: (comparison: WordComparison) => void,
    verified: (contact: string) => void,
    beginnings: ReadonlyMap<string, WordComparison>,
    pause = 1_200,
  ) {
    this.#changed = changed;
    this.#verified = verified;
    this.#pause = pause;
    for (const [contact, comparison] of beginnings) this.#comparisons.set(contact, comparison);
  }

  of(contact: string): WordComparison {
    return this.#comparisons.get(contact) ?? { contact, stage: { kind: 'none' }, againAt: null };
  }

  begin(contact: string): WordComparison {
    const { againAt } = this.of(contact);
    if (againAt !== null) return this.of(contact);
    this.#later(() => this.#go(contact, { kind: 'reading', say: ALICES, until: Date.now() + STEP }));
    return this.#go(contact, { kind: 'waiting', until: Date.now() + STEP });
  }

  type(contact: string, first: string, second: string): TypedWords {
    const typed = [first, second].map((word) => word.trim().toLowerCase());
    const unknown = typed.map((word) => word.length < 4);
    if (unknown.includes(true)) {
      return { kind: 'unknown', first: unknown[0] ?? false, second: unknown[1] ?? false };
    }
    if (typed.join(' ') !== THEIRS.join(' ')) {
      return { kind: 'compared', comparison: this.#go(contact, { kind: 'ended', outcome: 'differed' }) };
    }
    this.#later(() => {
      this.#verified(contact);
      this.#go(contact, { kind: 'ended', outcome: 'verified' });
    });
    const until = Date.now() + STEP;
    return { kind: 'compared', comparison: this.#go(contact, { kind: 'confirming', until }) };
  }

  close(contact: string): WordComparison {
    const { kind } = this.of(contact).stage;
    const running = kind !== 'none' && kind !== 'ended';
    return this.#go(contact, running ? { kind: 'ended', outcome: 'cancelled' } : { kind: 'none' });
  }

  #go(contact: string, stage: WordStage): WordComparison {
    const comparison = { ...this.of(contact), stage };
    this.#comparisons.set(contact, comparison);
    this.#changed(comparison);
    return comparison;
  }

  #later(work: () => void): void {
    setTimeout(work, this.#pause);
  }
}
