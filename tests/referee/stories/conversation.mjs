// Two devices talk over a line that loses, doubles, delays, reorders and forges, while sessions start at once on both
// sides, are archived, deleted and made anew, and people reinstall. The model says what must come of every message.

import { holds, same } from '../check.mjs';
import { ModelRecord } from '../model/record.mjs';
import { forged, forgedSeal, read } from '../model/wire.mjs';
import { outcome } from '../parties/outcome.mjs';
import { unsealed } from '../parties/theirs.mjs';

const HOUR = 60 * 60 * 1000;
const NEVER = 4_000_000_000_000;

/** What may happen next, and how often it does. */
const EVENTS = {
  write: 34,
  deliver: 46,
  lose: 3,
  deliverAgain: 6,
  forge: 5,
  startSession: 0.8,
  startBoth: 0.6,
  archive: 1,
  deleteSessions: 0.2,
  reinstall: 0.2,
  accept: 0.3,
  passTime: 1,
  wait: 0.2,
};

/** How many messages travel sealed. */
const SEALED = 0.2;

/** How often somebody does something about a message that could not be read. */
const HEALING = 0.07;

/** One of the two who talk. */
class Side {
  constructor(make, name) {
    this.make = make;
    this.name = name;
    /** Messages on the way to this side. */
    this.incoming = [];
    /** Messages it has seen, for delivering again. */
    this.seen = [];
  }

  async install(random, authority) {
    this.secret = random.bytes(32);
    this.party = await this.make({
      name: this.name,
      registration_id: random.between(1, 16380),
      identity_private: this.secret,
    });
    this.record = new ModelRecord({ savesBeforeReuseIsFound: !this.party.ours });
    this.certificate = await authority.certify(this.party, NEVER);
  }

  get address() {
    return this.party.address;
  }
}

/**
 * A conversation of at least `count` messages written between the parties that `make` makes. `events` happen more or
 * less often than usual.
 */
export async function converse({ random, count, make, report, authority, events = {} }) {
  const conversation = new Conversation(random, make, report, authority, { ...EVENTS, ...events });
  await conversation.begin();
  while (conversation.written < count) await conversation.step();
  await conversation.settle();
  return conversation.counts;
}

class Conversation {
  #random;
  #now = 1_800_000_000_000;
  #bundles = 0;
  #report;
  #authority;
  #events;
  /** Private identity keys by the public ones, for looking into seals. */
  #secrets = new Map();
  written = 0;
  counts = {};

  constructor(random, [makeAlice, makeBob], report, authority, events) {
    this.#random = random;
    this.#events = events;
    this.#report = report;
    this.#authority = authority;
    this.alice = new Side(makeAlice, random.uuid());
    this.bob = new Side(makeBob, random.uuid());
    this.alice.peer = this.bob;
    this.bob.peer = this.alice;
  }

  async begin() {
    for (const side of [this.alice, this.bob]) await this.#install(side);
    await this.#startSession(this.alice);
  }

  async step() {
    const side = this.#random.pick([this.alice, this.bob]);
    switch (this.#random.weighted(this.#events)) {
      case 'write':
        return this.#write(side, this.#random.chance(0.03) ? this.#random.between(30, 90) : this.#random.between(1, 8));
      case 'deliver':
        return this.#deliver(side);
      case 'lose':
        return this.#lose(side);
      case 'deliverAgain':
        return this.#deliverAgain(side);
      case 'forge':
        return this.#forge(side);
      case 'startSession':
        return this.#startSession(side);
      case 'startBoth':
        await this.#startSession(side);
        await this.#startSession(side.peer);
        await this.#write(side, 2);
        return this.#write(side.peer, 2);
      case 'archive':
        this.#tell(side, 'archives its session');
        side.record.archive();
        return side.party.archiveSession(side.peer.address);
      case 'deleteSessions':
        this.#tell(side, 'deletes its sessions');
        side.record.deleteSessions();
        return side.party.deleteSession(side.peer.address);
      case 'reinstall':
        return this.#reinstall(side);
      case 'accept':
        return this.#accept(side);
      case 'passTime':
        this.#now += this.#random.below(12) * HOUR;
        return undefined;
      case 'wait':
        this.#now += 31 * 24 * HOUR;
        return undefined;
    }
  }

  /** Delivers what is still on the way, then both must be able to talk without a hitch. */
  async settle() {
    while (this.alice.incoming.length + this.bob.incoming.length > 0) {
      for (const side of [this.alice, this.bob]) await this.#deliver(side);
    }
    for (const side of [this.alice, this.bob]) {
      side.record.identity = null;
      await side.party.forgetIdentity(side.peer.address);
      side.record.deleteSessions();
      await side.party.deleteSession(side.peer.address);
    }
    await this.#startSession(this.alice);
    for (let turn = 0; turn < 6; turn += 1) {
      for (const side of [this.alice, this.bob]) {
        await this.#write(side, 3);
        while (side.peer.incoming.length > 0) {
          const delivered = await this.#receive(side.peer, side.peer.incoming.shift());
          holds(delivered.ok !== undefined, `in the end ${this.#who(side.peer)} reads everything`);
        }
      }
    }
  }

  async #install(side) {
    await side.install(this.#random, this.#authority);
    this.#secrets.set(side.party.identity, side.secret);
  }

  #who(side) {
    return side === this.alice ? 'Alice' : 'Bob';
  }

  #tell(side, what) {
    this.counts[what] = (this.counts[what] ?? 0) + 1;
    this.#report(`${this.#who(side)} ${what}`);
  }

  /** `side` makes a session of a bundle of its peer's. */
  async #startSession(side) {
    this.#tell(side, 'starts a session');
    const { peer } = side;
    const lastResort = this.#random.chance(0.3);
    this.#bundles += 1;
    const id = this.#bundles * 10 + this.#random.below(10);
    const bundle = await peer.party.bundle({
      one_time: !lastResort && this.#random.chance(0.7),
      prekey_id: id,
      signed_prekey_id: id,
      kyber_prekey_id: id,
      last_resort: lastResort,
    });
    peer.record.handOut(id, lastResort);
    const session = { bundle: id, initiatorIdentity: side.party.identity };
    const expected = side.record.start(session, peer.party.identity, this.#now);
    const found = await outcome(side.party.processBundle(peer.address, bundle, this.#now));
    same(found.error, expected.error, `${this.#who(side)} processes bundle ${id}`);
  }

  /** `side` writes `many` messages, first making a session if it has none that it may use. */
  async #write(side, many) {
    const can = side.record.canSend(this.#now);
    const plaintexts = Array.from({ length: many }, () => this.#plaintext());
    if (can.error) {
      const found = await outcome(side.party.encrypt(side.peer.address, plaintexts[0], this.#now));
      same(found, { error: can.error }, `${this.#who(side)} writes`);
      this.#count(`writing: ${can.error}`);
      await this.#startSession(side);
      return;
    }
    const usable = await side.party.hasSession(side.peer.address, this.#now);
    holds(usable, `${this.#who(side)} has a session to send in`);
    const messages = this.#random.chance(SEALED)
      ? await this.#seal(side, plaintexts)
      : await side.party.encryptAll(side.peer.address, plaintexts, this.#now);
    messages.forEach((message, index) => {
      same(message.type, can.ok.type, `the type of what ${this.#who(side)} writes`);
      const seen = read(message);
      const session = side.record.sent(seen);
      side.peer.incoming.push({ ...message, ...seen, session, plaintext: plaintexts[index] });
    });
    this.written += many;
    this.#count('written', many);
  }

  /** Writes sealed messages. The seal is opened once on the way, so that the model sees what is inside. */
  async #seal(side, plaintexts) {
    const wrapping = {
      sender_certificate: side.certificate,
      content_hint: this.#random.below(3),
      group_id: this.#random.chance(0.3) ? this.#random.bytes(32) : undefined,
    };
    const messages = [];
    for (const plaintext of plaintexts) {
      // Ours seals in version 2 for groups only; the story of sealed messages has those.
      const version2 = !side.party.ours && this.#random.chance(0.5);
      const seal = version2 ? side.party.sealedEncryptV2 : side.party.sealedEncrypt;
      const sealed = await seal.call(side.party, side.peer.address, plaintext, wrapping, this.#now);
      const recipient = side.record.current.remoteIdentity;
      const inside = await unsealed(sealed, this.#secrets.get(recipient));
      same(inside.wrapping, wrapping, 'what is written around a message');
      messages.push({ type: inside.type, message: inside.message, sealed, recipient });
      this.#count(version2 ? 'sealed in version 2' : 'sealed in version 1');
    }
    return messages;
  }

  #plaintext() {
    return this.#random.bytes(this.#random.weighted({ short: 8, block: 2, none: 1, long: 1 }) === 'long'
      ? this.#random.between(500, 2000)
      : this.#random.pick([0, 1, 15, 16, 17, 31, 32, this.#random.below(200)]));
  }

  /** Whoever writes next under the peer's name is the peer: the user has looked. */
  async #accept(side) {
    this.#tell(side, 'accepts a new identity');
    side.record.identity = null;
    await side.party.forgetIdentity(side.peer.address);
  }

  /** Some of what is on the way to `side` arrives: mostly in order, sometimes in any. */
  async #deliver(side) {
    const many = Math.min(side.incoming.length, this.#random.between(1, 9));
    const inOrder = this.#random.chance(0.55);
    for (let index = 0; index < many; index += 1) {
      const at = inOrder ? 0 : this.#random.below(side.incoming.length);
      const [message] = side.incoming.splice(at, 1);
      const { error } = await this.#receive(side, message);
      if (error && this.#random.chance(HEALING)) await this.#heal(side, error);
    }
  }

  /** What people and their apps do about a message that could not be read. */
  async #heal(side, error) {
    if (error === 'untrusted_identity') await this.#accept(side);
    if (error === 'duplicate') return;
    await this.#startSession(side);
    await this.#write(side, 1);
  }

  async #lose(side) {
    const many = Math.min(side.incoming.length, this.#random.between(1, 4));
    for (let index = 0; index < many; index += 1) {
      side.incoming.splice(this.#random.below(side.incoming.length), 1);
      this.#count('lost');
    }
  }

  async #deliverAgain(side) {
    if (side.seen.length === 0) return;
    for (let index = this.#random.between(1, 3); index > 0; index -= 1) {
      const recent = side.seen.slice(-60);
      await this.#receive(side, this.#random.pick(this.#random.chance(0.7) ? recent : side.seen));
      this.#count('delivered again');
    }
  }

  /** A forged copy arrives; the message itself is still on the way. */
  async #forge(side) {
    if (side.incoming.length === 0) return;
    const message = this.#random.pick(side.incoming);
    const copy = message.sealed
      ? { ...message, sealed: forgedSeal(message.sealed, this.#random) }
      : { ...message, ...forged(message, this.#random) };
    await this.#receive(side, { ...copy, forged: true });
    this.#count('forged');
  }

  async #reinstall(side) {
    this.#tell(side, 'reinstalls');
    await side.party.drop();
    await this.#install(side);
  }

  async #receive(side, message) {
    // A seal opens for the identity it was made for, and only as it was made.
    const opens = !message.sealed || (!message.forged && message.recipient === side.party.identity);
    const expected = opens ? side.record.receive(message) : { error: 'invalid_message' };
    const found = await outcome(this.#decrypt(side, message));
    const about = `${this.#who(side)} reads message ${message.counter} of session ${message.session.bundle}`;
    same(found, expected.error ? { error: expected.error } : { ok: expected.ok }, about);
    const identity = await side.party.knownIdentity(side.peer.address);
    same(identity, side.record.identity, `whom ${this.#who(side)} knows`);
    this.#count(`reading: ${expected.error ?? 'ok'}`);
    if (!message.forged) side.seen.push(message);
    return found;
  }

  async #decrypt(side, message) {
    if (!message.sealed) return side.party.decrypt(side.peer.address, message);
    const opened = await side.party.sealedDecrypt(message.sealed, this.#authority.root, this.#now);
    same({ name: opened.sender_uuid, device: opened.device }, side.peer.address, 'who sealed a message');
    return opened.plaintext;
  }

  #count(what, many = 1) {
    this.counts[what] = (this.counts[what] ?? 0) + many;
  }
}
