import type { Ratchet, RatchetChain } from '../../api/generated';

/** A step of the root key, and the chain that it began. */
export interface Row {
  step: number;
  side: 'mine' | 'theirs';
  /** `null`: erased. Of our own chains only the present one is kept. */
  chain: RatchetChain | null;
}

/** The steps whose chains are still there, and those in between, oldest first. Ours and theirs take turns. */
export const rowsOf = ({ rootStep, sending, receiving }: Ratchet): Row[] => [
  ...receiving
    .flatMap((chain, at): Row[] => [
      { step: rootStep - 2 * at, side: 'mine', chain: at === 0 ? sending : null },
      { step: rootStep - 2 * at - 1, side: 'theirs', chain },
    ])
    .reverse(),
];

/** How many keys of a chain are drawn one by one; of more than that, so many behind a gap. */
export const BEADS = 5;

/** The keys of a chain as they are drawn: those that are used up, whether some are left out, and those still held. */
export const beadsOf = ({ step, held }: RatchetChain): { used: number; gap: boolean; held: number } => {
  const shownHeld = Math.min(held, 2);
  const used = Math.max(0, step - held);
  const room = BEADS - shownHeld;
  return { used: Math.min(used, room), gap: used > room || held > shownHeld, held: shownHeld };
};
