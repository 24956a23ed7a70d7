// How much longer a message is than what is in it. The protocol leaves no choice, so ours must be as long as theirs,
// message by message.

import { same } from '../check.mjs';
import { OurParty } from '../parties/ours.mjs';
import { TheirParty } from '../parties/theirs.mjs';
import { Random } from '../random.mjs';
import { authority, theirIssuer } from './certificates.mjs';

const TURNS = 300;
const PLAINTEXT = 100;
const NOW = 1_700_000_000_000;

export async function tell({ random, program }) {
  const ours = (options) => OurParty.create(program, options);
  const theirs = (options) => TheirParty.create(options);
  const trust = await authority(random, program, theirIssuer());
  const names = [random.uuid(), random.uuid()];
  const turns = random.word();
  const [ourSizes, theirSizes] = [
    await overheads(new Random(turns), [ours, theirs], names, trust),
    await overheads(new Random(turns), [theirs, ours], names, trust),
  ];
  // In the first conversation Alice is ours, in the second Bob is: together all is written once by each.
  const lengths = (sizes) => sizes.map(({ length }) => length);
  same(lengths(ourSizes), lengths(theirSizes), 'the length of every message');
  const remarks = [];
  for (const [about, kind] of [['pairwise', 'plain'], ['sealed', 'sealed']]) {
    for (const who of ['ours', 'theirs']) {
      const all = [...ourSizes, ...theirSizes].filter((size) => size.kind === kind && size.type === 2 && size.who === who);
      const values = all.map(({ length }) => length - PLAINTEXT);
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      remarks.push(`${about} ${who} ${mean.toFixed(1)} (${Math.min(...values)} to ${Math.max(...values)})`);
    }
  }
  return `bytes over ${PLAINTEXT}, mean (range): ${remarks.join(', ')}`;
}

/** The lengths of a conversation in turns, each message delivered at once, some lost. */
async function overheads(random, [makeAlice, makeBob], [aliceName, bobName], trust) {
  const options = { device: 1, registration_id: 7 };
  const alice = await makeAlice({ name: aliceName, ...options });
  const bob = await makeBob({ name: bobName, ...options });
  const ids = { prekey_id: 1, signed_prekey_id: 2, kyber_prekey_id: 3 };
  await alice.processBundle(bob.address, await bob.bundle(ids), NOW);
  const certificates = new Map();
  for (const party of [alice, bob]) certificates.set(party, await trust.certify(party, NOW));

  const sizes = [];
  for (let turn = 0; turn < TURNS; turn += 1) {
    const [writer, reader] = turn % 2 === 0 ? [alice, bob] : [bob, alice];
    for (let left = random.between(1, 3); left > 0; left -= 1) {
      const plaintext = random.bytes(PLAINTEXT);
      const lost = turn > 0 && random.chance(0.1);
      const who = writer.ours ? 'ours' : 'theirs';
      const message = await writer.encrypt(reader.address, plaintext, NOW);
      sizes.push({ kind: 'plain', who, type: message.type, length: message.message.length / 2 });
      if (!lost) same(await reader.decrypt(writer.address, message), plaintext, 'a plaintext');

      const wrapping = { sender_certificate: certificates.get(writer) };
      const sealed = await writer.sealedEncrypt(reader.address, plaintext, wrapping, NOW);
      sizes.push({ kind: 'sealed', who, type: message.type, length: sealed.length / 2 });
      if (!lost) same((await reader.sealedDecrypt(sealed, trust.root, NOW)).plaintext, plaintext, 'a plaintext');
    }
  }
  return sizes;
}
