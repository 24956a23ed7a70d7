// Sealed messages: one encrypted for many and taken apart by both servers, and damaged ones that both see.

import * as signal from '@signalapp/libsignal-client';
import SealedSenderMultiRecipientMessage from '@signalapp/libsignal-client/dist/SealedSenderMultiRecipientMessage.js';

import { holds, same } from '../check.mjs';
import { damaged } from '../model/mutation.mjs';
import { bytes, hex } from '../parties/bytes.mjs';
import { judged } from '../parties/classes.mjs';
import { OurParty } from '../parties/ours.mjs';
import { outcome } from '../parties/outcome.mjs';
import { TheirParty } from '../parties/theirs.mjs';
import { authority, ourIssuer, theirIssuer } from './certificates.mjs';
import { Twins } from './twins.mjs';

const NOW = 1_700_000_000_000;
const GROUP_MESSAGES = 6;
const DAMAGED = 250;

export async function tell({ random, program }) {
  const make = (ours, options) => (ours ? OurParty.create(program, options) : TheirParty.create(options));
  const counts = {};
  for (const ours of [true, false]) {
    const issuer = random.pick([ourIssuer(program), theirIssuer()]);
    const trust = await authority(random, program, issuer);
    await oneForMany(random, program, make, trust, ours);
    await damagedSeals(random, program, make, trust, ours, counts);
  }
  return Object.entries(counts)
    .map(([what, many]) => `${what} ${many}`)
    .join(', ');
}

/** A sender, ours or theirs, writes once to accounts of several devices. Every device reads it, whoever it is by. */
async function oneForMany(random, program, make, trust, sentByUs) {
  const sender = await make(sentByUs, { name: random.uuid(), device: random.between(1, 127) });
  const certificate = await trust.certify(sender, NOW + 1);
  const group = random.uuid();
  const devices = [];
  for (let account = 0; account < random.between(1, 4); account += 1) {
    const name = `${random.chance(0.2) ? 'PNI:' : ''}${random.uuid()}`;
    const identity = random.bytes(32);
    const numbers = random.shuffled([1, 2, 5, 127]).slice(0, random.between(1, 3));
    for (const device of numbers) {
      const options = { name, device, identity_private: identity, registration_id: random.between(0, 16383) };
      devices.push(await make(random.chance(0.5), options));
    }
  }
  const distribution = await sender.groupCreate(group);
  for (const device of devices) {
    await sender.processBundle(device.address, await device.bundle());
    await device.groupProcess(sender.address, distribution);
  }

  for (let round = 0; round < GROUP_MESSAGES; round += 1) {
    const plaintext = random.bytes(random.below(300));
    const wrapping = { sender_certificate: certificate, content_hint: random.below(4), group_id: random.bytes(8) };
    const addresses = devices.map((device) => device.address);
    const sent = await sender.sealedEncryptForMany(addresses, group, plaintext, wrapping);
    const parsed = new SealedSenderMultiRecipientMessage(bytes(sent));
    const recipients = parsed.recipientsByServiceIdString();
    same(expectedRecipients(devices), shown(recipients), 'to whom a message for many goes');
    for (const device of devices) {
      const received = hex(parsed.messageForRecipient(recipients[device.name]));
      const opened = await device.sealedDecrypt(received, trust.root, NOW);
      same(opened, { plaintext, sender_uuid: sender.name, device: sender.device }, 'what a device reads');
      const again = await outcome(device.sealedDecrypt(received, trust.root, NOW));
      same(again, { error: 'duplicate' }, 'what a device says to a message it has read');
    }
    await takenApartAlike(random, program, sent, devices.length === 1);
  }
}

function expectedRecipients(devices) {
  const expected = {};
  for (const device of devices) {
    expected[device.name] ??= [];
    expected[device.name].push([device.device, device.registrationId]);
  }
  return expected;
}

function shown(recipients) {
  return Object.fromEntries(
    Object.entries(recipients).map(([name, { deviceIds, registrationIds }]) => [
      name,
      deviceIds.map((device, index) => [device, registrationIds[index]]),
    ]),
  );
}

/** A message for exactly one recipient is taken apart alike; for several, by neither. */
async function takenApartAlike(random, program, sent, single) {
  const texts = [sent];
  for (let left = 6; left > 0; left -= 1) texts.push(damaged(random, sent));
  for (const text of texts) {
    const theirs = await outcome(
      judged(() => ({
        message: hex(signal.sealedSenderMultiRecipientMessageForSingleRecipient(bytes(text))),
      })),
    ).catch(() => ({ refused: true }));
    const ours = await outcome(program.ask('sealed_multi_single', { message: text })).catch(() => ({ refused: true }));
    const expected = theirs.ok && isForNobody(text) ? 'refused' : (theirs.ok ?? 'refused');
    same(ours.ok ?? 'refused', expected, `what one recipient gets of ${text}`);
    if (text === sent && single) holds(ours.ok !== undefined, 'a message for one is taken apart');
  }
}

/** Whether the only recipient is an excluded one, for whom the library writes a seal without a seed, and we do not. */
function isForNobody(text) {
  const recipients = new SealedSenderMultiRecipientMessage(bytes(text)).recipientsByServiceIdString();
  return Object.keys(recipients).length === 0;
}

/** Bob and his twin see the same seals: good ones, damaged ones, expired ones, ones by a stranger. */
async function damagedSeals(random, program, make, trust, sentByUs, counts) {
  const bob = await Twins.create(random, program);
  const alice = await make(sentByUs, { name: random.uuid(), device: random.between(1, 127) });
  const certificate = await trust.certify(alice, NOW);
  const stranger = (await authority(random, program, theirIssuer())).root;
  const group = random.uuid();
  await alice.processBundle(bob.address, await bob.bundle({}));
  const distribution = await alice.groupCreate(group);
  await bob.both('the sender key', (side) => side.groupProcess(alice.address, distribution));

  const write = async () => {
    const plaintext = random.bytes(random.below(100));
    const wrapping = { sender_certificate: certificate, content_hint: random.below(4) };
    if (random.chance(0.5)) return alice.sealedEncrypt(bob.address, plaintext, wrapping);
    const sent = await alice.sealedEncryptForMany([bob.address], group, plaintext, wrapping);
    return (await program.ask('sealed_multi_single', { message: sent })).message;
  };
  const open = async (sealed, root, time, about) => {
    const found = await bob.both(`${about} ${sealed} at ${time}`, (side) => side.sealedDecrypt(sealed, root, time));
    const what = `${about}: ${found.error ?? 'ok'}`;
    counts[what] = (counts[what] ?? 0) + 1;
    return found;
  };

  let previous = await write();
  for (let left = DAMAGED; left > 0; left -= 1) {
    const sealed = random.chance(0.3) ? await write() : previous;
    switch (random.weighted({ damage: 10, expired: 1, stranger: 1, good: 2 })) {
      case 'damage':
        await open(damaged(random, sealed, previous), trust.root, NOW, 'damaged');
        break;
      case 'expired':
        same(await open(sealed, trust.root, NOW + 1, 'expired'), { error: 'invalid_message' }, 'an expired seal');
        break;
      case 'stranger':
        same(await open(sealed, stranger, NOW, 'of a stranger'), { error: 'invalid_message' }, "a stranger's seal");
        break;
      case 'good':
        await open(sealed, trust.root, NOW, 'good');
        break;
    }
    previous = sealed;
  }
  // What Bob seals for his own device comes back to him.
  const own = await trust.certify(bob.ours, NOW);
  await bob.both('a message to himself', async (side) => {
    await side.processBundle(bob.address, await bob.theirs.bundle({ one_time: false }));
    const sealed = await side.sealedEncrypt(bob.address, '00', { sender_certificate: own });
    return side.sealedDecrypt(sealed, trust.root, NOW);
  });
}
