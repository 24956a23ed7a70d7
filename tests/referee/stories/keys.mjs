// Keys, agreement and signatures: both sides see the same bytes and must say the same of them.

import * as signal from '@signalapp/libsignal-client';

import { holds, same } from '../check.mjs';
import { bytes, hex } from '../parties/bytes.mjs';
import { judged } from '../parties/classes.mjs';
import { outcome } from '../parties/outcome.mjs';

const ROUNDS = 60;

/** Coordinates with which something is odd: points of small order, numbers above the prime, the ends of the range. */
const ODD_COORDINATES = [
  '00'.repeat(32),
  `01${'00'.repeat(31)}`,
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  `ec${'ff'.repeat(30)}7f`,
  `ed${'ff'.repeat(30)}7f`,
  `ee${'ff'.repeat(30)}7f`,
  `ff${'ff'.repeat(30)}7f`,
  `ec${'ff'.repeat(31)}`,
  'ff'.repeat(32),
  `09${'00'.repeat(31)}`,
  `02${'00'.repeat(31)}`,
];

/** L, the order of the base point, little-endian. */
const ORDER = 'edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010';

const theirs = {
  keygen: (seed) =>
    judged(() => {
      const key = signal.PrivateKey.deserialize(bytes(seed));
      return { private: hex(key.serialize()), public: hex(key.getPublicKey().serialize()) };
    }),
  agree: (own, other) =>
    judged(() => ({
      shared: hex(signal.PrivateKey.deserialize(bytes(own)).agree(signal.PublicKey.deserialize(bytes(other)))),
    })),
  sign: (own, message) => judged(() => hex(signal.PrivateKey.deserialize(bytes(own)).sign(bytes(message)))),
  verify: (key, message, signature) =>
    judged(() => ({ valid: signal.PublicKey.deserialize(bytes(key)).verify(bytes(message), bytes(signature)) })),
};

export async function tell({ random, program }) {
  await keysAreReadAlike(random, program);
  await secretsAgree(random, program);
  await signaturesVerify(random, program);
  await signaturesFailAlike(random, program);
}

/** Both read the same private keys, clamp them alike and find the same public keys. */
async function keysAreReadAlike(random, program) {
  const lengths = [0, 1, 31, 33, 64];
  const seeds = ['00'.repeat(32), 'ff'.repeat(32), ...lengths.map((length) => random.bytes(length))];
  for (let round = 0; round < ROUNDS; round += 1) seeds.push(random.bytes(32));
  for (const seed of seeds) {
    const [ours, libsignal] = [
      await outcome(program.ask('keygen', { private: seed })),
      await outcome(theirs.keygen(seed)),
    ];
    same(ours, libsignal, `the key pair of ${seed}`);
  }
}

/** Both agree on the same secret with any public key, odd ones and none included. */
async function secretsAgree(random, program) {
  const others = ODD_COORDINATES.map((u) => `05${u}`);
  for (let round = 0; round < ROUNDS; round += 1) {
    others.push((await program.ask('keygen')).public, `05${random.bytes(32)}`);
  }
  others.push('', '05', `06${random.bytes(32)}`, `05${random.bytes(31)}`, `05${random.bytes(35)}`);
  for (const other of others) {
    const own = random.bytes(32);
    const ours = await outcome(program.ask('agree', { private: own, public: other }));
    same(ours, await outcome(theirs.agree(own, other)), `${own} agrees with ${other}`);
  }
}

/** What one signs the other verifies. */
async function signaturesVerify(random, program) {
  for (let round = 0; round < ROUNDS; round += 1) {
    const key = await program.ask('keygen', { private: random.bytes(32) });
    const message = random.bytes(random.pick([0, 1, 33, random.below(3000)]));
    const { signature } = await program.ask('sign', { private: key.private, message });
    const judgement = await theirs.verify(key.public, message, signature);
    holds(judgement.valid, `libsignal verifies our signature by ${key.private} of ${message}`);
    const returned = await theirs.sign(key.private, message);
    const { valid } = await program.ask('verify', { public: key.public, message, signature: returned });
    holds(valid, `we verify libsignal's signature by ${key.private} of ${message}`);
  }
}

/** What is wrong with a signature, key or message both see, or neither. */
async function signaturesFailAlike(random, program) {
  for (let round = 0; round < ROUNDS * 3; round += 1) {
    const key = await program.ask('keygen', { private: random.bytes(32) });
    let message = random.bytes(random.below(80));
    let { signature } = await program.ask('sign', { private: key.private, message });
    switch (random.weighted({ signBit: 1, plusOrder: 1, flip: 3, length: 1, message: 1, oddKey: 2, noise: 1 })) {
      case 'signBit':
        signature = flipped(signature, 63, 7);
        break;
      case 'plusOrder':
        signature = signature.slice(0, 64) + plusOrder(signature.slice(64));
        break;
      case 'flip':
        signature = flipped(signature, random.below(64), random.below(8));
        break;
      case 'length':
        signature = random.pick([signature.slice(2), `${signature}00`, '']);
        break;
      case 'message':
        message = `${message}00`;
        break;
      case 'oddKey':
        key.public = `05${random.pick(ODD_COORDINATES)}`;
        // Under a key of order one or two this holds for any message with an even h, and nobody refuses the key.
        if (random.chance(0.5)) signature = `01${'00'.repeat(63)}`;
        break;
      case 'noise':
        signature = random.bytes(64);
        break;
    }
    const ours = await outcome(program.ask('verify', { public: key.public, message, signature }));
    const libsignal = await outcome(theirs.verify(key.public, message, signature));
    same(ours, libsignal, `${signature} by ${key.public} of ${message}`);
  }
}

function flipped(text, byte, bit) {
  const buffer = Buffer.from(text, 'hex');
  buffer[byte] ^= 1 << bit;
  return buffer.toString('hex');
}

/** s + L, keeping the sign bit that s carries; s stands for the same scalar. */
function plusOrder(text) {
  const buffer = Buffer.from(text, 'hex');
  const order = Buffer.from(ORDER, 'hex');
  const sign = buffer[31] & 0x80;
  buffer[31] &= 0x7f;
  let carry = 0;
  for (let index = 0; index < 32; index += 1) {
    carry += buffer[index] + order[index];
    buffer[index] = carry & 0xff;
    carry >>= 8;
  }
  buffer[31] |= sign;
  return buffer.toString('hex');
}
