// Bundles that something is wrong with: both refuse the same ones, for the same reason.

import { same } from '../check.mjs';
import { damaged } from '../model/mutation.mjs';
import { OurParty } from '../parties/ours.mjs';
import { outcome } from '../parties/outcome.mjs';
import { TheirParty } from '../parties/theirs.mjs';

const ROUNDS = 120;

/** Public keys with which an agreement gives nothing. */
const SMALL_ORDER = [`05${'00'.repeat(32)}`, `0501${'00'.repeat(31)}`, `05ec${'ff'.repeat(30)}7f`];

export async function tell({ random, program }) {
  const counts = {};
  const secret = random.bytes(32);
  const bob = await OurParty.create(program, { name: random.uuid(), identity_private: secret });
  const sign = async (message) => (await program.ask('sign', { private: secret, message })).signature;

  /** One thing is wrong with a bundle. */
  const spoiled = async (bundle) => {
    const signed = random.pick([bundle.signed_prekey, bundle.kyber_prekey]);
    switch (random.weighted({ nothing: 1, signature: 3, key: 3, identity: 2, oneTime: 2, smallOrder: 2, swapped: 1 })) {
      case 'signature':
        signed.signature = random.pick([
          damaged(random, signed.signature),
          `${signed.signature.slice(0, 126)}${random.bytes(1)}`,
        ]);
        break;
      case 'key':
        signed.public = damaged(random, signed.public);
        if (random.chance(0.5)) signed.signature = await sign(signed.public);
        break;
      case 'identity':
        bundle.identity = random.pick([damaged(random, bundle.identity), ...SMALL_ORDER]);
        break;
      case 'oneTime':
        bundle.prekey.public = random.pick([damaged(random, bundle.prekey.public), ...SMALL_ORDER]);
        break;
      case 'smallOrder':
        bundle.signed_prekey.public = random.pick(SMALL_ORDER);
        bundle.signed_prekey.signature = await sign(bundle.signed_prekey.public);
        break;
      case 'swapped':
        [bundle.signed_prekey.signature, bundle.kyber_prekey.signature] = [
          bundle.kyber_prekey.signature,
          bundle.signed_prekey.signature,
        ];
        break;
    }
    return bundle;
  };

  for (let round = 0; round < ROUNDS; round += 1) {
    const bundle = await spoiled(await bob.bundle());
    const name = random.uuid();
    const [ours, theirs] = [await OurParty.create(program, { name }), await TheirParty.create({ name })];
    const process = async (alice) => {
      const found = await outcome(alice.processBundle(bob.address, bundle).then(() => null));
      return [found, await alice.hasSession(bob.address), await alice.knownIdentity(bob.address)];
    };
    const [found, expected] = [await process(ours), await process(theirs)];
    same(found, expected, `what comes of ${JSON.stringify(bundle)}`);
    const what = found[0].error ?? 'ok';
    counts[what] = (counts[what] ?? 0) + 1;
    await ours.drop();
  }
  return Object.entries(counts)
    .map(([what, many]) => `${what} ${many}`)
    .join(', ');
}
