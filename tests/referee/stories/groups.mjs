// Groups. Every member has a sender key; every message reaches every other member, late, twice, damaged or never.
// One member is played twice, by us and by libsignal, so that both see the same input; what must come of an
// undamaged message the story knows by itself.

import { holds, same } from '../check.mjs';
import { damaged } from '../model/mutation.mjs';
import { DISTRIBUTION, SENDER_KEY, restructuredText } from '../model/structure.mjs';
import { OurParty } from '../parties/ours.mjs';
import { outcome } from '../parties/outcome.mjs';
import { TheirParty } from '../parties/theirs.mjs';

const STEPS = 500;

const EVENTS = {
  write: 30,
  deliver: 40,
  deliverAgain: 10,
  damage: 25,
  damageDistribution: 12,
  tellAgain: 4,
  renew: 1.5,
};

/** Somebody who writes to the group. */
class Writer {
  constructor(party, group) {
    this.party = party;
    this.group = group;
    this.written = 0;
    this.waiting = [];
    this.seen = [];
  }
}

export async function tell({ random, program, report }) {
  const counts = {};
  const make = (ours) => {
    const options = { name: random.uuid(), device: random.between(1, 127) };
    return ours ? OurParty.create(program, options) : TheirParty.create(options);
  };
  const readers = [await make(true), await make(false)];
  const writers = [];
  for (const ours of [true, false, true, false]) writers.push(new Writer(await make(ours), random.uuid()));
  const told = [];

  /** Both readers do the same, and it ends in the same way. */
  const both = async (about, act) => {
    const [ours, theirs] = [await outcome(act(readers[0])), await outcome(act(readers[1]))];
    same(ours, theirs, about);
    const what = `${about.split(' ', 1)[0]}: ${ours.error ?? 'ok'}`;
    counts[what] = (counts[what] ?? 0) + 1;
    return ours;
  };
  const spread = async (writer) => {
    const message = await writer.party.groupCreate(writer.group);
    told.push(message);
    const { error } = await both('told of a sender key', (reader) => reader.groupProcess(writer.party.address, message));
    same(error, undefined, 'a distribution message is processed');
    writer.firstReadable ??= writer.written;
  };
  const read = (writer, message, about) =>
    both(`${about} ${message}`, (reader) => reader.groupDecrypt(writer.party.address, message));
  const deliver = async (writer) => {
    const [message] = writer.waiting.splice(random.chance(0.5) ? 0 : random.below(writer.waiting.length), 1);
    const found = await read(writer, message.text, 'delivered');
    // Messages from before the reader heard of the key have been stepped over.
    if (message.readable) same(found, { ok: message.plaintext }, `the plaintext of ${message.text}`);
    else holds(found.error !== undefined, `nobody reads what was written before ${message.text}`);
    writer.seen.push(message.text);
  };

  for (let step = 0; step < STEPS; step += 1) {
    const writer = random.pick(writers);
    switch (random.weighted(EVENTS)) {
      case 'write': {
        if (writer.written === 0) await writer.party.groupCreate(writer.group);
        for (let left = random.between(1, 6); left > 0; left -= 1) {
          const plaintext = random.bytes(random.below(120));
          const text = await writer.party.groupEncrypt(writer.group, plaintext);
          const readable = writer.firstReadable !== undefined;
          writer.waiting.push({ text, plaintext, readable });
          writer.written += 1;
        }
        if (writer.firstReadable === undefined && random.chance(0.6)) await spread(writer);
        break;
      }
      case 'deliver':
        for (let left = Math.min(writer.waiting.length, random.between(1, 4)); left > 0; left -= 1) await deliver(writer);
        break;
      case 'deliverAgain':
        if (writer.seen.length > 0) await read(writer, random.pick(writer.seen), 'delivered-again');
        break;
      case 'damage': {
        const all = [...writer.waiting.map(({ text }) => text), ...writer.seen.slice(-30)];
        if (all.length === 0) break;
        const [one, other] = [random.pick(all), random.pick(all)];
        const hurt = random.chance(0.5)
          ? damaged(random, one, other)
          : restructuredText(random, one, other, SENDER_KEY);
        // Put together from two, it may be one of them whole: reading that would be a delivery.
        if (!all.includes(hurt)) await read(writer, hurt, 'damaged');
        break;
      }
      case 'damageDistribution':
        if (told.length > 0) {
          // Told under another address, so that a message that is damaged where nothing protects it does no harm.
          const from = { name: random.uuid(), device: 1 };
          const [one, other] = [random.pick(told), random.pick(told)];
          const message = random.chance(0.5)
            ? damaged(random, one, other)
            : restructuredText(random, one, other, DISTRIBUTION);
          await both(`damaged-key ${message}`, (reader) => reader.groupProcess(from, message));
        }
        break;
      case 'tellAgain':
        if (writer.written > 0) await spread(writer);
        break;
      case 'renew': {
        // A new group of the same writer: what is on the way in the old one stays readable.
        report('a writer begins a new group');
        writer.group = random.uuid();
        writer.written = 0;
        writer.firstReadable = undefined;
        break;
      }
    }
  }
  for (const writer of writers) while (writer.waiting.length > 0) await deliver(writer);
  return Object.entries(counts)
    .map(([what, many]) => `${what} ${many}`)
    .join(', ');
}
