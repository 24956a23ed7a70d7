import { expect, test } from 'vitest';
import { BEADS, beadsOf, rowsOf } from './rows';

const chain = (step: number, held = 0) => ({ mark: `key ${step}`, step, held });
const postQuantum = {
  epoch: 0,
  exchanging: 1,
  side: 'key',
  stage: 'waiting',
  outgoing: null,
  incoming: null,
} as const;

test('each root step has its chain, theirs and ours by turns, and ours of before are erased', () => {
  const receiving = [chain(4), chain(2)];
  const rows = rowsOf({ rootStep: 4, sending: chain(1), receiving, isUnacknowledged: false, postQuantum });
  expect(rows.map(({ step, side, chain }) => [step, side, chain?.mark ?? null])).toEqual([
    [1, 'theirs', 'key 2'],
    [2, 'mine', null],
    [3, 'theirs', 'key 4'],
    [4, 'mine', 'key 1'],
  ]);
});

test('whoever began the session and was not answered has one step of their own', () => {
  const fresh = {
    rootStep: 1,
    sending: chain(3),
    receiving: [chain(0)],
    isUnacknowledged: true,
    postQuantum,
  };
  expect(rowsOf(fresh).map(({ step, side }) => [step, side])).toEqual([
    [0, 'theirs'],
    [1, 'mine'],
  ]);
});

test('no chain is drawn longer than there is room for, and what is held is never left out', () => {
  expect(beadsOf(chain(0))).toEqual({ used: 0, gap: false, held: 0 });
  expect(beadsOf(chain(3, 1))).toEqual({ used: 2, gap: false, held: 1 });
  expect(beadsOf(chain(400, 1))).toEqual({ used: BEADS - 1, gap: true, held: 1 });
  expect(beadsOf(chain(400, 300))).toEqual({ used: BEADS - 2, gap: true, held: 2 });
});
