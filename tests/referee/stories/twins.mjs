// Bob twice: once by the official library, once by ours, with the same keys and prekeys. Alice writes and neither
// Bob answers, so both see the very same input, damaged in every way, and must say the same of each message.

import { same } from '../check.mjs';
import { damaged } from '../model/mutation.mjs';
import { restructured } from '../model/structure.mjs';
import { OurParty } from '../parties/ours.mjs';
import { outcome } from '../parties/outcome.mjs';
import { TheirParty } from '../parties/theirs.mjs';

const STEPS = 500;

const EVENTS = {
  write: 24,
  deliver: 30,
  deliverAgain: 10,
  damage: 34,
  restructure: 24,
  otherType: 2,
  startSession: 4,
  archive: 1,
  deleteSessions: 0.8,
  accept: 1.5,
  reinstall: 0.5,
};

/** Bob and his twin. */
export class Twins {
  static async create(random, program) {
    const options = {
      name: random.uuid(),
      registration_id: random.between(1, 16380),
      identity_private: random.bytes(32),
    };
    return new Twins(await TheirParty.create(options), await OurParty.create(program, options));
  }

  constructor(theirs, ours) {
    this.theirs = theirs;
    this.ours = ours;
    this.address = ours.address;
  }

  /** Theirs makes a bundle, and ours takes over the private halves. */
  async bundle(options) {
    const { bundle, exported } = await this.theirs.bundleWithSecrets(options);
    await this.ours.importPrekeys(exported);
    return bundle;
  }

  /** Both do the same, and it ends in the same way. */
  async both(about, act) {
    const [theirs, ours] = [await outcome(act(this.theirs)), await outcome(act(this.ours))];
    same(ours, theirs, about);
    return ours;
  }
}

export async function tell({ random, program, report }) {
  const counts = {};
  for (const makeAlice of [(options) => OurParty.create(program, options), (options) => TheirParty.create(options)]) {
    await correspondence(random, program, makeAlice, report, counts);
  }
  return Object.entries(counts)
    .map(([what, many]) => `${what} ${many}`)
    .join(', ');
}

async function correspondence(random, program, makeAlice, report, counts) {
  const bob = await Twins.create(random, program);
  const name = random.uuid();
  const install = () => makeAlice({ name, registration_id: random.between(1, 16380) });
  let alice = await install();
  const waiting = [];
  const seen = [];

  const startSession = async () => {
    const bundle = await bob.bundle({
      one_time: random.chance(0.5),
      last_resort: random.chance(0.4),
      reuse_signed: seen.length > 0 && random.chance(0.3),
    });
    await alice.processBundle(bob.address, bundle);
  };
  const receive = async (message, about) => {
    const knownBefore = await bob.ours.knownIdentity(alice.address);
    const found = await bob.both(`${about} ${message.type} ${message.message}`, (side) =>
      side.decrypt(alice.address, message),
    );
    report(`${about} ${message.type} ${message.message.slice(0, 40)}: ${found.error ?? 'ok'}`);
    if (found.error) {
      same(await bob.ours.knownIdentity(alice.address), knownBefore, 'whom Bob knows after a message that failed');
      // The library has saved the identity by the time it finds a base key used before.
      if (knownBefore === null) await bob.theirs.forgetIdentity(alice.address);
    }
    await bob.both(`whom Bob knows after ${about}`, (side) => side.knownIdentity(alice.address));
    const what = `${about}: ${found.error ?? 'ok'}`;
    counts[what] = (counts[what] ?? 0) + 1;
    return found;
  };
  const deliver = async () => {
    if (waiting.length === 0) return;
    const [message] = waiting.splice(random.chance(0.5) ? 0 : random.below(waiting.length), 1);
    seen.push(message);
    await receive(message, 'delivered');
  };

  const accept = async () => {
    report('Bob accepts a new identity');
    await bob.both('accepting', (side) => side.forgetIdentity(alice.address).then(() => null));
    await deliver();
  };

  await startSession();
  for (let step = 0; step < STEPS; step += 1) {
    const event = random.weighted(EVENTS);
    const any = waiting.length + seen.length > 0 ? random.pick([...waiting, ...seen.slice(-40)]) : null;
    switch (event) {
      case 'write':
        for (let left = random.between(1, 4); left > 0; left -= 1) {
          waiting.push(await alice.encrypt(bob.address, random.bytes(random.below(100))));
        }
        break;
      case 'deliver':
        await deliver();
        break;
      case 'deliverAgain':
        if (any) await receive(any, 'delivered again');
        break;
      case 'damage':
        if (any) {
          const message = damaged(random, any.message, random.pick([...waiting, ...seen]).message);
          await receive({ ...any, message }, 'damaged');
        }
        break;
      case 'restructure':
        if (any) await receive(restructured(random, any, random.pick([...waiting, ...seen])), 'restructured');
        break;
      case 'otherType':
        if (any) await receive({ ...any, type: 5 - any.type }, 'of the other type');
        break;
      case 'startSession':
        await startSession();
        break;
      case 'archive':
        report('Bob archives');
        await bob.both('archiving', (side) => side.archiveSession(alice.address).then(() => null));
        break;
      case 'deleteSessions':
        report('Bob deletes his sessions');
        await bob.both('deleting', (side) => side.deleteSession(alice.address).then(() => null));
        break;
      case 'accept':
        await accept();
        break;
      case 'reinstall':
        report('Alice reinstalls');
        await alice.drop();
        alice = await install();
        await startSession();
        if (random.chance(0.5)) await accept();
        break;
    }
    const [theirs, ours] = [await bob.theirs.hasSession(alice.address), await bob.ours.hasSession(alice.address)];
    same(ours, theirs, `whether Bob has a session after ${event}`);
  }
}
