// What the official library keeps its state in: maps in memory, holding serialized records as a database would.

import {
  IdentityChange,
  IdentityKeyStore,
  KyberPreKeyRecord,
  KyberPreKeyStore,
  PreKeyRecord,
  PreKeyStore,
  PublicKey,
  SenderKeyRecord,
  SenderKeyStore,
  SessionRecord,
  SessionStore,
  SignedPreKeyRecord,
  SignedPreKeyStore,
} from '@signalapp/libsignal-client';

import { hex } from './bytes.mjs';
import { Refused } from './outcome.mjs';

const key = (address) => `${address.name()}.${address.deviceId()}`;

/** Serialized records by key. */
class Records {
  constructor(rows = []) {
    this.rows = new Map(rows);
  }

  copy() {
    return new this.constructor(this.rows);
  }
}

export class Sessions extends SessionStore {
  constructor(rows = new Records()) {
    super();
    this.rows = rows;
  }

  copy = () => new Sessions(this.rows.copy());
  find = (address) => {
    const stored = this.rows.rows.get(key(address));
    return stored ? SessionRecord.deserialize(stored) : null;
  };
  put = (address, record) => this.rows.rows.set(key(address), record.serialize());
  remove = (address) => this.rows.rows.delete(key(address));

  async saveSession(address, record) {
    this.put(address, record);
  }

  async getSession(address) {
    return this.find(address);
  }

  async getExistingSessions(addresses) {
    return addresses.map((address) => {
      const record = this.find(address);
      if (!record) throw new Refused('no_session', 'no session');
      return record;
    });
  }
}

export class Identities extends IdentityKeyStore {
  constructor(privateKey, registrationId, known = new Records(), trust = 'tofu') {
    super();
    this.privateKey = privateKey;
    this.registrationId = registrationId;
    this.known = known;
    this.trust = trust;
  }

  copy = () => new Identities(this.privateKey, this.registrationId, this.known.copy(), this.trust);
  forget = (address) => this.known.rows.delete(key(address));

  async getIdentityKey() {
    return this.privateKey;
  }

  async getLocalRegistrationId() {
    return this.registrationId;
  }

  async getIdentity(address) {
    const stored = this.known.rows.get(key(address));
    return stored ? PublicKey.deserialize(stored) : null;
  }

  async saveIdentity(address, identity) {
    const before = await this.getIdentity(address);
    this.known.rows.set(key(address), identity.serialize());
    return before && !before.equals(identity) ? IdentityChange.ReplacedExisting : IdentityChange.NewOrUnchanged;
  }

  async isTrustedIdentity(address, identity) {
    if (this.trust !== 'tofu') return this.trust === 'always';
    const known = await this.getIdentity(address);
    return known === null || known.equals(identity);
  }
}

function found(rows, id) {
  const stored = rows.rows.get(id);
  if (!stored) throw new Refused('missing_prekey', `prekey ${id} is not there`);
  return stored;
}

export class OneTimePrekeys extends PreKeyStore {
  constructor(rows = new Records()) {
    super();
    this.rows = rows;
  }

  copy = () => new OneTimePrekeys(this.rows.copy());

  async savePreKey(id, record) {
    this.rows.rows.set(id, record.serialize());
  }

  async getPreKey(id) {
    return PreKeyRecord.deserialize(found(this.rows, id));
  }

  async removePreKey(id) {
    this.rows.rows.delete(id);
  }
}

export class SignedPrekeys extends SignedPreKeyStore {
  constructor(rows = new Records()) {
    super();
    this.rows = rows;
  }

  copy = () => new SignedPrekeys(this.rows.copy());

  async saveSignedPreKey(id, record) {
    this.rows.rows.set(id, record.serialize());
  }

  async getSignedPreKey(id) {
    return SignedPreKeyRecord.deserialize(found(this.rows, id));
  }
}

/** Kyber prekeys. Last-resort ones stay, and remember the base keys seen with them. */
export class KyberPrekeys extends KyberPreKeyStore {
  constructor(rows = new Records(), lastResort = new Set(), seen = new Set()) {
    super();
    this.rows = rows;
    this.lastResort = lastResort;
    this.seen = seen;
  }

  copy = () => new KyberPrekeys(this.rows.copy(), new Set(this.lastResort), new Set(this.seen));

  async saveKyberPreKey(id, record) {
    this.rows.rows.set(id, record.serialize());
  }

  async getKyberPreKey(id) {
    return KyberPreKeyRecord.deserialize(found(this.rows, id));
  }

  async markKyberPreKeyUsed(id, signedId, baseKey) {
    if (!this.lastResort.has(id)) {
      this.rows.rows.delete(id);
      return;
    }
    const use = `${id} ${signedId} ${hex(baseKey.serialize())}`;
    if (this.seen.has(use)) throw new Refused('invalid_message', 'reused base key');
    this.seen.add(use);
  }
}

export class SenderKeys extends SenderKeyStore {
  constructor(rows = new Records()) {
    super();
    this.rows = rows;
  }

  copy = () => new SenderKeys(this.rows.copy());

  async saveSenderKey(sender, distributionId, record) {
    this.rows.rows.set(`${key(sender)} ${distributionId}`, record.serialize());
  }

  async getSenderKey(sender, distributionId) {
    const stored = this.rows.rows.get(`${key(sender)} ${distributionId}`);
    return stored ? SenderKeyRecord.deserialize(stored) : null;
  }
}
