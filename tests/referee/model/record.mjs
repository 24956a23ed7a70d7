// What a party must answer, by the specification alone: sessions, chains, counters, epochs, trust, but no keys.
//
// A message carries what the model needs to know about it in the clear (`wire.mjs`); which session it was sent in the
// model knows because it watched the sender. Written from `signal-protocol.md` sections 12 to 18 and `spqr.md`
// section 6.

const MAX_JUMP = 25_000;
const MAX_STORED = 2_000;
const MAX_RECEIVING_CHAINS = 5;
const MAX_ARCHIVED = 40;
const MAX_UNACKNOWLEDGED = 30 * 24 * 60 * 60;

/** One session as one of its two sides sees it. */
class State {
  constructor(session, remoteIdentity, pendingSince) {
    this.session = session;
    this.remoteIdentity = remoteIdentity;
    /** Whole seconds; `null` once the peer was heard. */
    this.pendingSince = pendingSince;
    /** Receiving chains, oldest first. */
    this.chains = [];
    /** Ratchet keys of chains that were dropped. */
    this.dropped = new Set();
    /** The key epoch last sent with. */
    this.sendEpoch = 0;
    /** By key epoch the largest key index received. */
    this.newestKey = new Map();
  }

  /** What becomes of a message of this session; `commit` carries it out. */
  judge(message) {
    const chain = this.chains.find(({ ratchetKey }) => ratchetKey === message.ratchetKey);
    if (chain && message.counter < chain.next && !chain.stored.has(message.counter)) return { error: 'duplicate' };
    const opens =
      !message.forged &&
      !this.dropped.has(message.ratchetKey) &&
      (message.counter < (chain?.next ?? 0) || message.counter - (chain?.next ?? 0) <= MAX_JUMP) &&
      this.#hasPostQuantumKey(message);
    if (!opens) return { error: 'invalid_message' };
    return { ok: message.plaintext, commit: () => this.#take(message, chain) };
  }

  #hasPostQuantumKey({ keyEpoch, keyIndex }) {
    const newest = this.newestKey.get(keyEpoch) ?? 0;
    return keyEpoch >= this.sendEpoch - 1 && keyIndex + 2_000 >= newest && keyIndex - newest <= 25_000;
  }

  #take(message, known) {
    let chain = known;
    if (!chain) {
      chain = { ratchetKey: message.ratchetKey, next: 0, stored: new Set() };
      this.chains.push(chain);
      while (this.chains.length > MAX_RECEIVING_CHAINS) this.dropped.add(this.chains.shift().ratchetKey);
    }
    if (!chain.stored.delete(message.counter)) {
      for (; chain.next < message.counter; chain.next += 1) chain.stored.add(chain.next);
      chain.next += 1;
      // A set remembers the order of insertion, so its first is the oldest.
      for (const oldest of chain.stored) {
        if (chain.stored.size <= MAX_STORED) break;
        chain.stored.delete(oldest);
      }
    }
    const newest = this.newestKey.get(message.keyEpoch) ?? 0;
    this.newestKey.set(message.keyEpoch, Math.max(newest, message.keyIndex));
    this.pendingSince = null;
  }
}

/** What one device holds about one peer. */
export class ModelRecord {
  current = null;
  archived = [];
  /** The identity on file for the peer. */
  identity = null;
  /** Prekeys of this device by the bundle they were handed out in. */
  prekeys = new Map();

  /**
   * The library saves the identity of a prekey message before it finds that its base key was used before. The
   * specification has a failure change nothing, and so has ours.
   */
  constructor({ savesBeforeReuseIsFound }) {
    this.savesBeforeReuseIsFound = savesBeforeReuseIsFound;
  }

  get states() {
    return [...(this.current ? [this.current] : []), ...this.archived];
  }

  #trusts(identity) {
    return this.identity === null || this.identity === identity;
  }

  #promote(state) {
    if (state === this.current) return;
    this.archived = this.archived.filter((other) => other !== state);
    this.archive();
    this.current = state;
  }

  archive() {
    if (!this.current) return;
    this.current.pendingSince = null;
    this.archived = [this.current, ...this.archived.slice(0, MAX_ARCHIVED - 1)];
    this.current = null;
  }

  deleteSessions() {
    this.current = null;
    this.archived = [];
  }

  /** This device handed out a bundle. */
  handOut(bundle, lastResort) {
    this.prekeys.set(bundle, { used: false, lastResort });
  }

  /** The peer's bundle starts `session`. */
  start(session, remoteIdentity, now) {
    if (!this.#trusts(remoteIdentity)) return { error: 'untrusted_identity' };
    this.identity = remoteIdentity;
    this.#promote(new State(session, remoteIdentity, Math.floor(now / 1000)));
    return { ok: true };
  }

  /** Whether a message can be encrypted, and of which type it is. */
  canSend(now) {
    const state = this.current;
    const stale = state?.pendingSince != null && state.pendingSince + MAX_UNACKNOWLEDGED < Math.floor(now / 1000);
    if (!state || stale) return { error: 'no_session' };
    if (!this.#trusts(state.remoteIdentity)) return { error: 'untrusted_identity' };
    return { ok: { type: state.pendingSince === null ? 2 : 3 } };
  }

  /** A message was encrypted. Returns the session it belongs to. */
  sent(message) {
    this.identity = this.current.remoteIdentity;
    this.current.sendEpoch = Math.max(this.current.sendEpoch, message.keyEpoch);
    return this.current.session;
  }

  /** What must come of a message, and lets it happen. */
  receive(message) {
    return message.type === 3 ? this.#receivePrekey(message) : this.#receivePlain(message);
  }

  #receivePlain(message) {
    if (this.states.length === 0) return { error: 'no_session' };
    const state = this.states.find(({ session }) => session === message.session);
    if (!state) return { error: 'invalid_message' };
    const { ok, error, commit } = state.judge(message);
    if (error) return { error };
    if (!this.#trusts(state.remoteIdentity)) return { error: 'untrusted_identity' };
    commit();
    this.#promote(state);
    this.identity = state.remoteIdentity;
    return { ok };
  }

  #receivePrekey(message) {
    const { session } = message;
    if (!this.#trusts(session.initiatorIdentity)) return { error: 'untrusted_identity' };
    let state = this.states.find((other) => other.session === session);
    const prekeys = this.prekeys.get(session.bundle);
    const isNew = !state;
    if (isNew) {
      if (!prekeys || (prekeys.used && !prekeys.lastResort)) return { error: 'missing_prekey' };
      state = new State(session, session.initiatorIdentity, null);
    }
    const { ok, error, commit } = state.judge(message);
    if (error) return { error };
    // A last-resort prekey remembers the base keys that came with it.
    if (isNew && prekeys.used) {
      if (this.savesBeforeReuseIsFound) this.identity = session.initiatorIdentity;
      return { error: 'invalid_message' };
    }
    commit();
    this.#promote(state);
    this.identity = session.initiatorIdentity;
    if (isNew) prekeys.used = true;
    return { ok };
  }
}
