// Every story, in the order in which they are told.

import { OurParty } from '../parties/ours.mjs';
import { TheirParty } from '../parties/theirs.mjs';
import * as bundles from './bundles.mjs';
import * as certificates from './certificates.mjs';
import { converse } from './conversation.mjs';
import * as fingerprints from './fingerprints.mjs';
import * as groups from './groups.mjs';
import * as keys from './keys.mjs';
import * as liars from './liars.mjs';
import * as limits from './limits.mjs';
import * as sealed from './sealed.mjs';
import * as sizes from './sizes.mjs';
import * as twins from './twins.mjs';

/**
 * `tell` throws when somebody disagrees, and may return a remark. `once`: told with the first seed only, since a seed
 * decides little in it. `slow`: told only when it is named, or everything is.
 */
export const STORIES = [
  { name: 'keys', tell: keys.tell },
  { name: 'fingerprints', tell: fingerprints.tell },
  { name: 'certificates', tell: certificates.tell },
  { name: 'bundles', tell: bundles.tell },
  { name: 'groups', tell: groups.tell },
  { name: 'sealed', tell: sealed.tell },
  { name: 'twins', tell: twins.tell },
  { name: 'conversation', tell: conversation },
  { name: 'sizes', once: true, tell: sizes.tell },
  { name: 'liars', once: true, tell: liars.tell },
  { name: 'limits', once: true, slow: true, tell: limits.tell },
];

/** Who of the two is ours changes with the seed's own draw, so that either begins. */
async function conversation({ random, program, messages, report }) {
  const ours = (options) => OurParty.create(program, options);
  const theirs = (options) => TheirParty.create(options);
  const make = random.chance(0.5) ? [ours, theirs] : [theirs, ours];
  const issuer = random.pick([certificates.ourIssuer(program), certificates.theirIssuer()]);
  const authority = await certificates.authority(random, program, issuer);
  const counts = await converse({ random, count: messages, make, report, authority });
  return Object.entries(counts)
    .map(([what, many]) => `${what} ${many}`)
    .join(', ');
}
