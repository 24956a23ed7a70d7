// Limits that nobody sees on the wire: how far a counter may jump, how many late messages are kept for, how many
// sessions. Each is met from both sides: once ours reads, once theirs, and both answer the same.

import { same } from '../check.mjs';
import { OurParty } from '../parties/ours.mjs';
import { outcome } from '../parties/outcome.mjs';
import { TheirParty } from '../parties/theirs.mjs';

const JUMP = 25_000;
const LATE = 2_000;
const ARCHIVED = 40;

export async function tell({ random, program }) {
  const ours = () => OurParty.create(program, { name: random.uuid() });
  const theirs = () => TheirParty.create({ name: random.uuid() });
  // Our program writes the many messages of the first two, in one line; both read them.
  for (const makeReader of [ours, theirs]) {
    const reader = await makeReader();
    await jumps(random, await ours(), reader);
    await lateness(random, await ours(), await makeReader());
    await groupJumps(random, await ours(), await makeReader());
    await sessions(random, await (reader.ours ? theirs : ours)(), await makeReader());
  }
}

const expects = async (operation, expected, about) => {
  const found = await outcome(operation);
  same(found.error ?? 'ok', expected, about);
};

const numbered = (count) => Array.from({ length: count }, (_, index) => index.toString(16).padStart(8, '0'));

/** A pair of writer and reader in a running session: the reader has answered. */
async function introduced(writer, reader) {
  await writer.processBundle(reader.address, await reader.bundle());
  await reader.decrypt(writer.address, await writer.encrypt(reader.address, '00'));
  await writer.decrypt(reader.address, await reader.encrypt(writer.address, '00'));
}

async function jumps(random, writer, reader) {
  // A fresh chain. The post-quantum chain counts from 1, so that its limit is met one message earlier.
  await introduced(writer, reader);
  const messages = await writer.encryptAll(reader.address, numbered(2 * JUMP + 3));
  const read = async (counter, expected) => {
    const on = await reader.copy();
    await expects(on.decrypt(writer.address, messages[counter]), expected, `a jump from nothing to ${counter}`);
    await on.drop();
  };
  // One key of the epoch was used by the first message of all.
  await read(JUMP, 'invalid_message');
  await read(JUMP - 1, 'ok');
  // From a message that was read the Double Ratchet's own limit counts.
  await reader.decrypt(writer.address, messages[0]);
  for (const [counter, expected] of [
    [JUMP + 2, 'invalid_message'],
    [JUMP + 1, 'invalid_message'],
    [JUMP, 'ok'],
  ]) {
    const on = await reader.copy();
    await expects(on.decrypt(writer.address, messages[counter]), expected, `a jump from 1 to ${counter}`);
    await on.drop();
  }
}

async function lateness(random, writer, reader) {
  await introduced(writer, reader);
  const count = LATE + 200;
  const messages = await writer.encryptAll(reader.address, numbered(count + 1));
  const read = (counter, expected) =>
    expects(reader.decrypt(writer.address, messages[counter]), expected, `late message ${counter} of ${count}`);
  await read(count, 'ok');
  for (const counter of random.shuffled([0, 1, 100, 198, 199])) await read(counter, 'duplicate');
  for (const counter of random.shuffled([200, 201, 300, 1500, count - 1])) {
    await read(counter, 'ok');
    await read(counter, 'duplicate');
  }
}

async function groupJumps(random, writer, reader) {
  const group = random.uuid();
  await reader.groupProcess(writer.address, await writer.groupCreate(group));
  const messages = [];
  for (let index = 0; index < JUMP + 2; index += 1) messages.push(writer.groupEncrypt(group, '00'));
  const read = async (iteration, expected) =>
    expects(reader.groupDecrypt(writer.address, await messages[iteration]), expected, `group message ${iteration}`);
  await read(JUMP + 1, 'invalid_message');
  await read(JUMP, 'ok');
  for (const [iteration, expected] of random.shuffled([
    [0, 'duplicate'],
    [JUMP - LATE - 1, 'duplicate'],
    [JUMP - LATE, 'ok'],
    [JUMP - 1, 'ok'],
  ])) {
    await read(iteration, expected);
  }
}

/** The writer begins 42 sessions: the reader keeps a current one and 40 more. */
async function sessions(random, writer, reader) {
  const second = [];
  for (let index = 0; index < ARCHIVED + 2; index += 1) {
    await writer.processBundle(reader.address, await reader.bundle());
    const [first, later] = await writer.encryptAll(reader.address, numbered(2));
    await reader.decrypt(writer.address, first);
    second.push(later);
  }
  const [oldest, ...kept] = second;
  await expects(reader.decrypt(writer.address, oldest), 'missing_prekey', 'the oldest of 42 sessions');
  for (const message of random.shuffled(kept)) {
    await expects(reader.decrypt(writer.address, message), 'ok', 'one of the 41 newest sessions');
  }
}
