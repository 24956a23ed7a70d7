// A party played by the official library. The same methods as `ours.mjs`.

import * as signal from '@signalapp/libsignal-client';

import { bytes, hex } from './bytes.mjs';
import { judged } from './classes.mjs';
import { BAD_REQUEST, Refused } from './outcome.mjs';
import { Identities, KyberPrekeys, OneTimePrekeys, SenderKeys, Sessions, SignedPrekeys } from './stores.mjs';

/** A device of somebody, played by the official library. */
export class TheirParty {
  #next = 1;
  #lastSigned = null;

  static async create(options) {
    const privateKey = options.identity_private
      ? signal.PrivateKey.deserialize(bytes(options.identity_private))
      : signal.PrivateKey.generate();
    return new TheirParty(options.name, options.device ?? 1, {
      sessions: new Sessions(),
      identities: new Identities(privateKey, options.registration_id ?? 1, undefined, options.trust ?? 'tofu'),
      oneTime: new OneTimePrekeys(),
      signed: new SignedPrekeys(),
      kyber: new KyberPrekeys(),
      senderKeys: new SenderKeys(),
    });
  }

  constructor(name, device, stores) {
    this.ours = false;
    this.name = name;
    this.device = device;
    this.stores = stores;
    this.registrationId = stores.identities.registrationId;
    this.identity = hex(stores.identities.privateKey.getPublicKey().serialize());
    this.local = signal.ProtocolAddress.new(name, device);
  }

  get address() {
    return { name: this.name, device: this.device };
  }

  async copy() {
    const stores = Object.fromEntries(Object.entries(this.stores).map(([name, store]) => [name, store.copy()]));
    return new TheirParty(this.name, this.device, stores);
  }

  async drop() {}

  async setTrust(trust) {
    this.stores.identities.trust = trust;
  }

  async knownIdentity(peer) {
    const known = await this.stores.identities.getIdentity(address(peer));
    return known && hex(known.serialize());
  }

  async forgetIdentity(peer) {
    this.stores.identities.forget(address(peer));
  }

  /** Makes and stores prekeys. `exported` of the answer has the private halves, for `importPrekeys` of ours. */
  async bundleWithSecrets(options = {}) {
    const identity = this.stores.identities.privateKey;
    const now = Date.now();
    const number = (named) => {
      const id = named ?? this.#next;
      this.#next = Math.max(this.#next, id + 1);
      return id;
    };
    const exported = {};

    if (!options.reuse_signed) {
      const keys = signal.PrivateKey.generate();
      const id = number(options.signed_prekey_id);
      const signature = identity.sign(keys.getPublicKey().serialize());
      this.#lastSigned = signal.SignedPreKeyRecord.new(id, now, keys.getPublicKey(), keys, signature);
      await this.stores.signed.saveSignedPreKey(id, this.#lastSigned);
      exported.signed_prekey = { id, private: hex(keys.serialize()), signature: hex(signature), timestamp: now };
    }
    if (!this.#lastSigned) throw new Refused(BAD_REQUEST, 'there is no signed prekey to use again');
    const signed = this.#lastSigned;

    const kem = signal.KEMKeyPair.generate();
    const kyberId = number(options.kyber_prekey_id);
    const kyberSignature = identity.sign(kem.getPublicKey().serialize());
    await this.stores.kyber.saveKyberPreKey(kyberId, signal.KyberPreKeyRecord.new(kyberId, now, kem, kyberSignature));
    if (options.last_resort) this.stores.kyber.lastResort.add(kyberId);
    exported.kyber_prekey = {
      id: kyberId,
      public: hex(kem.getPublicKey().serialize()),
      secret: hex(kem.getSecretKey().serialize()),
      signature: hex(kyberSignature),
      timestamp: now,
      last_resort: options.last_resort ?? false,
    };

    const bundle = {
      registration_id: this.registrationId,
      device: this.device,
      identity: this.identity,
      signed_prekey: {
        id: signed.id(),
        public: hex(signed.publicKey().serialize()),
        signature: hex(signed.signature()),
      },
      kyber_prekey: {
        id: kyberId,
        public: hex(kem.getPublicKey().serialize()),
        signature: hex(kyberSignature),
      },
    };
    if (options.one_time ?? true) {
      const keys = signal.PrivateKey.generate();
      const id = number(options.prekey_id);
      await this.stores.oneTime.savePreKey(id, signal.PreKeyRecord.new(id, keys.getPublicKey(), keys));
      bundle.prekey = { id, public: hex(keys.getPublicKey().serialize()) };
      exported.prekey = { id, private: hex(keys.serialize()) };
    }
    return { bundle, exported };
  }

  async bundle(options = {}) {
    return (await this.bundleWithSecrets(options)).bundle;
  }

  async processBundle(peer, bundle, now) {
    await judged(async () => {
      const prekey = bundle.prekey ? signal.PublicKey.deserialize(bytes(bundle.prekey.public)) : null;
      const parsed = signal.PreKeyBundle.new(
        bundle.registration_id,
        bundle.device,
        bundle.prekey?.id ?? null,
        prekey,
        bundle.signed_prekey.id,
        signal.PublicKey.deserialize(bytes(bundle.signed_prekey.public)),
        bytes(bundle.signed_prekey.signature),
        signal.PublicKey.deserialize(bytes(bundle.identity)),
        bundle.kyber_prekey.id,
        signal.KEMPublicKey.deserialize(bytes(bundle.kyber_prekey.public)),
        bytes(bundle.kyber_prekey.signature),
      );
      const { sessions, identities } = this.stores;
      await signal.processPreKeyBundle(parsed, address(peer), this.local, sessions, identities, date(now));
    });
  }

  async encrypt(peer, plaintext, now) {
    const message = await this.ciphertext(peer, plaintext, now);
    return { type: message.type(), message: hex(message.serialize()) };
  }

  async encryptAll(peer, plaintexts, now) {
    const messages = [];
    for (const plaintext of plaintexts) messages.push(await this.encrypt(peer, plaintext, now));
    return messages;
  }

  async ciphertext(peer, plaintext, now) {
    const { sessions, identities } = this.stores;
    return judged(() =>
      signal.signalEncrypt(bytes(plaintext), address(peer), this.local, sessions, identities, date(now)),
    );
  }

  async decrypt(peer, { type, message }) {
    const { sessions, identities, oneTime, signed, kyber } = this.stores;
    const from = address(peer);
    const plaintext = await judged(() => {
      if (type === 2) {
        const parsed = signal.SignalMessage.deserialize(bytes(message));
        return signal.signalDecrypt(parsed, from, this.local, sessions, identities);
      }
      const parsed = signal.PreKeySignalMessage.deserialize(bytes(message));
      return signal.signalDecryptPreKey(
        parsed, from, this.local, sessions, identities, oneTime, signed, kyber,
      );
    });
    return hex(plaintext);
  }

  /** Encrypts in the session with the peer, and seals in version 1. */
  async sealedEncrypt(peer, plaintext, wrapping, now) {
    const content = this.#content(await this.ciphertext(peer, plaintext, now), wrapping);
    return judged(async () => hex(await signal.sealedSenderEncrypt(content, address(peer), this.stores.identities)));
  }

  /** Opens a sealed message, validates its certificate and decrypts what is inside, a group message too. */
  async sealedDecrypt(message, trustRoot, timestamp) {
    const { sessions, identities, oneTime, signed, kyber } = this.stores;
    const root = signal.PublicKey.deserialize(bytes(trustRoot));
    return judged(async () => {
      const content = await signal.sealedSenderDecryptToUsmc(bytes(message), identities);
      const certificate = content.senderCertificate();
      if (content.msgType() !== signal.CiphertextMessageType.SenderKey) {
        const opened = await signal.sealedSenderDecryptMessage(
          bytes(message), root, timestamp, null, this.name, this.device, sessions, identities, oneTime, signed, kyber,
        );
        return {
          plaintext: hex(opened.message()),
          sender_uuid: opened.senderUuid(),
          device: opened.deviceId(),
        };
      }
      // The library leaves group messages to the caller, the certificate too.
      if (!certificate.validate(root, timestamp)) throw new Refused('invalid_message', 'trust root validation failed');
      const sender = { name: certificate.senderUuid(), device: certificate.senderDeviceId() };
      const plaintext = await this.groupDecrypt(sender, hex(content.contents()));
      return { plaintext, sender_uuid: sender.name, device: sender.device };
    });
  }

  /** Encrypts with its own sender key, and seals once for many in version 2. */
  async sealedEncryptForMany(recipients, distributionId, plaintext, wrapping) {
    const { senderKeys, identities, sessions } = this.stores;
    return judged(async () => {
      const message = await signal.groupEncrypt(this.local, distributionId, senderKeys, bytes(plaintext));
      const content = this.#content(message, wrapping);
      return hex(
        await signal.sealedSenderMultiRecipientEncrypt(content, recipients.map(address), identities, sessions),
      );
    });
  }

  /** Encrypts in the session with the peer, and seals in version 2 for that peer alone, as the server delivers it. */
  async sealedEncryptV2(peer, plaintext, wrapping, now) {
    const content = this.#content(await this.ciphertext(peer, plaintext, now), wrapping);
    const { identities, sessions } = this.stores;
    return judged(async () => {
      const sent = await signal.sealedSenderMultiRecipientEncrypt(content, [address(peer)], identities, sessions);
      return hex(signal.sealedSenderMultiRecipientMessageForSingleRecipient(sent));
    });
  }

  #content(message, { sender_certificate, content_hint, group_id }) {
    const certificate = signal.SenderCertificate.deserialize(bytes(sender_certificate));
    const group = group_id === undefined ? null : bytes(group_id);
    return signal.UnidentifiedSenderMessageContent.new(message, certificate, content_hint ?? 0, group);
  }

  async groupCreate(distributionId) {
    const { senderKeys } = this.stores;
    const message = await judged(() =>
      signal.SenderKeyDistributionMessage.create(this.local, distributionId, senderKeys),
    );
    return hex(message.serialize());
  }

  async groupProcess(peer, message) {
    return judged(async () => {
      const parsed = signal.SenderKeyDistributionMessage.deserialize(bytes(message));
      await signal.processSenderKeyDistributionMessage(address(peer), parsed, this.stores.senderKeys);
      return null;
    });
  }

  async groupEncrypt(distributionId, plaintext) {
    const { senderKeys } = this.stores;
    const message = await judged(() =>
      signal.groupEncrypt(this.local, distributionId, senderKeys, bytes(plaintext)),
    );
    return hex(message.serialize());
  }

  async groupDecrypt(peer, message) {
    const { senderKeys } = this.stores;
    return hex(await judged(() => signal.groupDecrypt(address(peer), senderKeys, bytes(message))));
  }

  async hasSession(peer, now) {
    return this.stores.sessions.find(address(peer))?.hasCurrentState(date(now)) ?? false;
  }

  async archiveSession(peer) {
    const record = this.stores.sessions.find(address(peer));
    if (!record) return;
    record.archiveCurrentState();
    this.stores.sessions.put(address(peer), record);
  }

  async deleteSession(peer) {
    this.stores.sessions.remove(address(peer));
  }
}

/** Looks into a seal with the recipient's private key: what is inside, and what is written around it. */
export async function unsealed(sealed, privateKey) {
  const identities = new Identities(signal.PrivateKey.deserialize(bytes(privateKey)), 1);
  const content = await signal.sealedSenderDecryptToUsmc(bytes(sealed), identities);
  const group = content.groupId();
  return {
    type: content.msgType(),
    message: hex(content.contents()),
    wrapping: {
      sender_certificate: hex(content.senderCertificate().serialize()),
      content_hint: content.contentHint(),
      group_id: group === null ? undefined : hex(group),
    },
  };
}

/** An address as the library knows it. */
export const address = (peer) => signal.ProtocolAddress.new(peer.name, peer.device);

const date = (now) => (now === undefined ? new Date() : new Date(now));
