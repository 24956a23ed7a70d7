// A party played by our crate. The same methods as `theirs.mjs`.

import { resultOf } from './program.mjs';

/** A device of somebody, played by our program. */
export class OurParty {
  #program;
  #handle;

  static #count = 0;

  /** `options`: name, device, registration_id, identity_private, trust; all but the name may be left out. */
  static async create(program, options = {}) {
    OurParty.#count += 1;
    const handle = `party ${OurParty.#count}`;
    const made = await program.ask('new_party', { party: handle, ...options });
    return new OurParty(program, handle, made);
  }

  constructor(program, handle, made) {
    this.#program = program;
    this.#handle = handle;
    this.ours = true;
    this.name = made.name;
    this.device = made.device;
    this.registrationId = made.registration_id;
    this.identity = made.identity;
  }

  /** The address others know this party under. */
  get address() {
    return { name: this.name, device: this.device };
  }

  /** A copy of all its state, for trying things out on. */
  async copy() {
    OurParty.#count += 1;
    const handle = `party ${OurParty.#count}`;
    await this.#ask('clone_party', { as: handle });
    const made = { name: this.name, device: this.device, registration_id: this.registrationId, identity: this.identity };
    return new OurParty(this.#program, handle, made);
  }

  drop = () => this.#ask('drop_party');
  setTrust = (trust) => this.#ask('set_trust', { trust });
  knownIdentity = async (peer) => (await this.#ask('get_identity', { peer })).key;
  forgetIdentity = (peer) => this.#ask('forget_identity', { peer });

  bundle = async (options = {}) => (await this.#ask('bundle', options)).bundle;
  importPrekeys = (prekeys) => this.#ask('import_prekeys', prekeys);
  prekeys = () => this.#ask('prekeys');

  processBundle = (peer, bundle, now) => this.#ask('process_bundle', { peer, bundle, now });
  encrypt = (peer, plaintext, now) => this.#ask('encrypt', { peer, plaintext, now });
  decrypt = async (peer, { type, message }) => (await this.#ask('decrypt', { peer, type, message })).plaintext;
  hasSession = async (peer, now) => (await this.#ask('session', { peer, now })).has_current;
  archiveSession = (peer) => this.#ask('archive_session', { peer });
  deleteSession = (peer) => this.#ask('delete_session', { peer });

  /** `wrapping`: sender_certificate, content_hint, group_id. */
  sealedEncrypt = async (peer, plaintext, wrapping, now) =>
    (await this.#ask('sealed_encrypt', { peer, plaintext, ...wrapping, now })).message;
  sealedDecrypt = (message, trust_root, timestamp) =>
    this.#ask('sealed_decrypt', { message, trust_root, timestamp });
  sealedEncryptForMany = async (recipients, distribution_id, plaintext, wrapping) =>
    (await this.#ask('sealed_multi_encrypt', { recipients, distribution_id, plaintext, ...wrapping })).message;

  groupCreate = async (distribution_id) => (await this.#ask('group_create', { distribution_id })).message;
  groupProcess = (peer, message) => this.#ask('group_process', { peer, message }).then(() => null);
  groupEncrypt = async (distribution_id, plaintext) =>
    (await this.#ask('group_encrypt', { distribution_id, plaintext })).message;
  groupDecrypt = async (peer, message) => (await this.#ask('group_decrypt', { peer, message })).plaintext;

  /** Encrypts several plaintexts in one line. */
  async encryptAll(peer, plaintexts, now) {
    const requests = plaintexts.map((plaintext) => ({ op: 'encrypt', party: this.#handle, peer, plaintext, now }));
    return (await this.#program.askAll(requests)).map(resultOf);
  }

  #ask(op, args = {}) {
    return this.#program.ask(op, { party: this.#handle, ...args });
  }
}
