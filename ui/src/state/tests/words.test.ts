import { expect, test } from 'vitest';
import type { WordComparison } from '../../api/generated';
import type { Platform } from '../../platform';
import { WordsStore } from '../words.svelte';

const waiting: WordComparison = { contact: '2', stage: { kind: 'waiting', until: 1 }, againAt: null };
const reading: WordComparison = { ...waiting, stage: { kind: 'reading', say: ['a', 'b'], until: 1 } };

const storeThatHears = (meanwhile: (store: WordsStore) => void): WordsStore => {
  const call = (): Promise<WordComparison> => {
    meanwhile(store);
    return Promise.resolve(waiting);
  };
  const store = new WordsStore({
    call,
    listen: () => Promise.resolve(() => undefined),
  } as unknown as Platform);
  return store;
};

test('an answer that comes after what has happened since changes nothing', async () => {
  const store = storeThatHears((heard) => heard.apply(reading));
  await store.begin('2');
  expect(store.of('2')).toBe(reading);
});

test('an answer that nothing has overtaken counts', async () => {
  const store = storeThatHears(() => undefined);
  await store.begin('2');
  expect(store.of('2')).toBe(waiting);
});
