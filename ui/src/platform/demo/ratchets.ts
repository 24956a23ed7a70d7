import type { Event, Inspection, PostQuantum, Ratchet, RatchetChain } from '../../api/generated';
import { DAY } from '../../fixtures/world';

/** The most chains of theirs that a session keeps. */
const MAX_RECEIVING = 5;

const PREKEYS = { oneTime: 94, oneTimeKyber: 97 };

/** Ratchets that move as the engine's do, over nothing at all. */
export class DemoRatchets {
  readonly #byContact = new Map<string, Ratchet>();
  readonly #emit: (event: Event) => void;
  readonly #given: Map<string, Partial<Inspection>>;
  readonly #now = Date.now();

  constructor(emit: (event: Event) => void, given: Map<string, Partial<Inspection>>) {
    this.#emit = emit;
    this.#given = given;
  }

  of(contact: string, texts: number): Inspection {
    const given = this.#given.get(contact) ?? {};
    return {
      contact,
      session: this.#ratchet(contact),
      archived: 0,
      archivedHeld: 0,
      prekeys: { ...PREKEYS, signedAt: this.#now - DAY },
      texts,
      ...given,
      ...(given.session ? { session: this.#ratchet(contact) } : {}),
    };
  }

  /** Something was sent to a contact. */
  sent(contact: string): void {
    const ratchet = this.#ratchet(contact);
    this.#move(contact, {
      ...ratchet,
      sending: next(ratchet.sending),
      postQuantum: passed(ratchet.postQuantum, 'outgoing'),
    });
  }

  /** Something came from a contact: on a new chain, if they have heard something since their last one. */
  received(contact: string): void {
    const ratchet = this.#ratchet(contact);
    const [newest, ...older] = ratchet.receiving;
    const postQuantum = passed(ratchet.postQuantum, 'incoming');
    if (newest && ratchet.sending.step === 0) {
      return this.#move(contact, { ...ratchet, receiving: [next(newest), ...older], postQuantum });
    }
    const rootStep = ratchet.rootStep + 2;
    this.#move(contact, {
      rootStep,
      sending: chain(contact, rootStep, 0),
      receiving: [chain(contact, rootStep - 1, 1), ...ratchet.receiving].slice(0, MAX_RECEIVING),
      isUnacknowledged: false,
      postQuantum,
    });
  }

  #ratchet(contact: string): Ratchet {
    const kept = this.#byContact.get(contact) ?? this.#given.get(contact)?.session;
    return kept ?? inTheMiddle(contact);
  }

  #move(contact: string, ratchet: Ratchet): void {
    this.#byContact.set(contact, ratchet);
    this.#emit({ kind: 'sessionMoved', conversation: contact });
  }
}

/** A mark for a chain, the same each time. */
const mark = (contact: string, step: number): string => {
  let state = 2166136261;
  for (const character of `${contact} ${step}`) state = Math.imul(state ^ character.charCodeAt(0), 16777619);
  const digits = (state >>> 0).toString(16).padStart(8, '0');
  return `${digits.slice(0, 4)} ${digits.slice(4)}`;
};

const chain = (contact: string, rootStep: number, step: number, held = 0): RatchetChain => ({
  mark: mark(contact, rootStep),
  step,
  held,
});

const next = (of: RatchetChain): RatchetChain => ({ ...of, step: of.step + 1 });

const inTheMiddle = (contact: string): Ratchet => ({
  rootStep: 38,
  sending: chain(contact, 38, 2),
  receiving: [chain(contact, 37, 3), chain(contact, 35, 1), chain(contact, 33, 4)],
  isUnacknowledged: false,
  postQuantum: {
    epoch: 2,
    exchanging: 3,
    side: 'key',
    stage: 'crossing',
    outgoing: { passed: 14, needed: 36 },
    incoming: { passed: 11, needed: 30 },
  },
});

/** The pieces that one message carries. */
const passed = (exchange: PostQuantum, way: 'outgoing' | 'incoming'): PostQuantum => {
  const chunks = exchange[way];
  if (!chunks) return exchange;
  return { ...exchange, [way]: { ...chunks, passed: Math.min(chunks.needed, chunks.passed + 1) } };
};
