// Safety numbers: the same digits, the same code, and the same answer to a scanned one, whoever asks.

import * as signal from '@signalapp/libsignal-client';

import { holds, same } from '../check.mjs';
import { bytes, hex } from '../parties/bytes.mjs';
import { outcome } from '../parties/outcome.mjs';

const PAIRS = 12;
const SCANS = 60;

export async function tell({ random, program }) {
  for (let round = 0; round < PAIRS; round += 1) {
    const iterations = random.pick([2, 3, 100, 5200]);
    const version = random.pick([0, 1, 2, 2, 3]);
    const alice = await person(random, program);
    const bob = await person(random, program);
    const ofAlice = await fingerprint(program, iterations, version, alice, bob);
    const ofBob = await fingerprint(program, iterations, version, bob, alice);
    same(ofAlice.display, ofBob.display, 'the digits that Alice and Bob see');
    const digits = /^[0-9]{60}$/.test(ofAlice.display);
    holds(digits, `sixty digits: ${ofAlice.display}`);
    await scan(program, ofAlice.scannable, ofBob.scannable, true);
    await scan(program, ofAlice.scannable, ofAlice.scannable, false);
    await mutations(random, program, ofAlice.scannable, ofBob.scannable);
  }
}

async function person(random, program) {
  const { public: key } = await program.ask('keygen', { private: random.bytes(32) });
  return { id: random.bytes(random.pick([0, 12, 16, 17, 40])), key };
}

/** Both sides' fingerprint of a pair, which must be the same. */
async function fingerprint(program, iterations, version, local, remote) {
  const ours = await program.ask('fingerprint', {
    iterations,
    version,
    local_id: local.id,
    local_key: local.key,
    remote_id: remote.id,
    remote_key: remote.key,
  });
  const made = signal.Fingerprint.new(
    iterations,
    version,
    bytes(local.id),
    signal.PublicKey.deserialize(bytes(local.key)),
    bytes(remote.id),
    signal.PublicKey.deserialize(bytes(remote.key)),
  );
  const theirs = {
    display: made.displayableFingerprint().toString(),
    scannable: hex(made.scannableFingerprint().toBuffer()),
  };
  same(ours, theirs, `the fingerprint of ${JSON.stringify([local, remote])}`);
  return ours;
}

/** What libsignal says of a scanned code. It tells a code that cannot be compared by an error only. */
function theirScan(own, scanned) {
  try {
    const [ours, theirs] = [own, scanned].map((code) => signal.ScannableFingerprint._fromBuffer(bytes(code)));
    return { match: ours.compare(theirs) };
  } catch (error) {
    if (!(error instanceof signal.LibSignalErrorBase)) throw error;
    return 'refused';
  }
}

async function scan(program, own, scanned, expected) {
  const ours = await outcome(program.ask('fingerprint_compare', { ours: own, theirs: scanned }));
  const found = ours.ok ?? 'refused';
  same(found, theirScan(own, scanned), `${own} scans ${scanned}`);
  if (expected !== undefined) same(found, { match: expected }, `${own} scans ${scanned}`);
}

/** Codes that are damaged, cut off, of another version, or of somebody else. */
async function mutations(random, program, own, scanned) {
  for (let round = 0; round < SCANS / PAIRS; round += 1) {
    const buffer = Buffer.from(scanned, 'hex');
    switch (random.weighted({ flip: 4, cut: 2, extend: 1, empty: 0.5, half: 1 })) {
      case 'flip':
        buffer[random.below(buffer.length)] ^= 1 << random.below(8);
        await scan(program, own, buffer.toString('hex'));
        break;
      case 'cut':
        await scan(program, own, scanned.slice(0, 2 * random.below(buffer.length)));
        break;
      case 'extend':
        await scan(program, own, scanned + random.bytes(random.between(1, 4)));
        break;
      case 'empty':
        await scan(program, own, '');
        break;
      case 'half':
        // Version and our side only, the other side missing.
        await scan(program, own, scanned.slice(0, scanned.length / 2 + 2));
        break;
    }
  }
}
