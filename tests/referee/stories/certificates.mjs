// Certificates: issued by either, judged by both.

import * as signal from '@signalapp/libsignal-client';

import { same } from '../check.mjs';
import { damaged } from '../model/mutation.mjs';
import { bytes, hex } from '../parties/bytes.mjs';
import { judged } from '../parties/classes.mjs';
import { outcome } from '../parties/outcome.mjs';

const ROUNDS = 25;
const DAMAGED_OF_EACH = 8;
const REVOKED = 0xdeadc357;

/** Certificates by our program. */
export const ourIssuer = (program) => ({
  server: async (trustPrivate, keyId, serverPublic) =>
    (
      await program.ask('server_certificate', {
        trust_private: trustPrivate,
        key_id: keyId,
        server_public: serverPublic,
      })
    ).certificate,
  sender: async ({ name, device, identity }, expires, server, serverPrivate) =>
    (
      await program.ask('sender_certificate', {
        uuid: name,
        device,
        identity_public: identity,
        expires,
        server_certificate: server,
        server_private: serverPrivate,
      })
    ).certificate,
});

/** Certificates by the official library. */
export const theirIssuer = () => ({
  server: async (trustPrivate, keyId, serverPublic) => {
    const key = signal.PublicKey.deserialize(bytes(serverPublic));
    return hex(signal.ServerCertificate.new(keyId, key, signal.PrivateKey.deserialize(bytes(trustPrivate))).serialize());
  },
  sender: async ({ name, device, identity }, expires, server, serverPrivate) => {
    const certificate = signal.SenderCertificate.new(
      name,
      null,
      device,
      signal.PublicKey.deserialize(bytes(identity)),
      expires,
      signal.ServerCertificate.deserialize(bytes(server)),
      signal.PrivateKey.deserialize(bytes(serverPrivate)),
    );
    return hex(certificate.serialize());
  },
});

/** A trust root and a server that it stands behind. */
export async function authority(random, program, issuer, keyId = random.between(0, 9)) {
  const root = await program.ask('keygen', { private: random.bytes(32) });
  const server = await program.ask('keygen', { private: random.bytes(32) });
  const certificate = await issuer.server(root.private, keyId, server.public);
  return {
    root: root.public,
    certify: (party, expires) => issuer.sender(party, expires, certificate, server.private),
  };
}

const theirJudgement = (certificate, root, time) =>
  judged(() => {
    const parsed = signal.SenderCertificate.deserialize(bytes(certificate));
    return { valid: parsed.validate(signal.PublicKey.deserialize(bytes(root)), time) };
  });

export async function tell({ random, program }) {
  for (let round = 0; round < ROUNDS; round += 1) {
    const issuer = random.pick([ourIssuer(program), theirIssuer()]);
    const keyId = random.chance(0.1) ? REVOKED : random.between(0, 9);
    const { root, certify } = await authority(random, program, issuer, keyId);
    const { public: identity } = await program.ask('keygen', { private: random.bytes(32) });
    const holder = { name: random.uuid(), device: random.between(1, 127), identity };
    const expires = 1_700_000_000_000 + random.below(1_000_000);
    const certificate = await certify(holder, expires);

    const ask = async (text, trustRoot, time) => {
      const request = { certificate: text, trust_root: trustRoot, time };
      const ours = await outcome(program.ask('validate_certificate', request));
      same(ours, await outcome(theirJudgement(text, trustRoot, time)), `${text} by ${trustRoot} at ${time}`);
      return ours;
    };
    const certified = keyId !== REVOKED;
    same(await ask(certificate, root, expires), { ok: { valid: certified } }, 'a certificate in its last millisecond');
    same(await ask(certificate, root, expires + 1), { ok: { valid: false } }, 'an expired certificate');
    const { public: stranger } = await program.ask('keygen', { private: random.bytes(32) });
    same(await ask(certificate, stranger, expires), { ok: { valid: false } }, 'a certificate of another root');
    for (let left = DAMAGED_OF_EACH; left > 0; left -= 1) await ask(damaged(random, certificate), root, expires);
  }
}
