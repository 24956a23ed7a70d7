// Whether the referee would notice: parties of the library that lie, and have to be caught.

import { Disagreement, holds } from '../check.mjs';
import { Refused } from '../parties/outcome.mjs';
import { TheirParty } from '../parties/theirs.mjs';
import { authority, theirIssuer } from './certificates.mjs';
import { converse } from './conversation.mjs';

const MESSAGES = 600;

/** More happens than usual, so that every lie has its occasion soon. */
const EVENTS = { reinstall: 3, archive: 3, deliverAgain: 10 };

/** What a liar does instead of what it should. */
const LIES = {
  'changes a plaintext': (party) => {
    const honest = party.decrypt.bind(party);
    party.decrypt = async (peer, message) => `${await honest(peer, message)}00`;
  },
  'reads a message twice': (party) => {
    const honest = party.decrypt.bind(party);
    const read = new Map();
    party.decrypt = async (peer, message) => {
      if (!read.has(message.message)) read.set(message.message, await honest(peer, message));
      return read.get(message.message);
    };
  },
  'calls every failure a duplicate': (party) => {
    const honest = party.decrypt.bind(party);
    party.decrypt = (peer, message) =>
      honest(peer, message).catch((error) => {
        throw error instanceof Refused ? new Refused('duplicate', 'a lie') : error;
      });
  },
  'trusts everybody': (party) => party.setTrust('always'),
  'keeps sessions it should archive': (party) => {
    party.archiveSession = async () => {};
  },
};

export async function tell({ random, program }) {
  const trust = await authority(random, program, theirIssuer());
  const honest = (options) => TheirParty.create(options);
  for (const [lie, tellIt] of Object.entries(LIES)) {
    const liar = async (options) => {
      const party = await TheirParty.create(options);
      await tellIt(party);
      return party;
    };
    const run = { random: random.fork(lie), count: MESSAGES, events: EVENTS, report: () => {}, authority: trust };
    const caught = await converse({ ...run, make: [honest, liar] }).then(
      () => false,
      (error) => {
        if (error instanceof Disagreement) return true;
        throw error;
      },
    );
    holds(caught, `a party that ${lie} is caught`);
  }
}
