import { expect, test } from 'vitest';
import type { Inspection } from '../../api/generated';
import { InspectorStore } from '../inspector.svelte';
import { TestPlatform } from './platform';

const inspection = (contact: string, texts: number): Inspection => ({
  contact,
  session: null,
  archived: 0,
  archivedHeld: 0,
  prekeys: { oneTime: 100, oneTimeKyber: 100, signedAt: null },
  texts,
});

test('what is shown is asked for again when that session moves, and for no other', async () => {
  let texts = 0;
  const platform = new TestPlatform({ inspect: ({ contact }) => inspection(contact, ++texts) });
  const store = new InspectorStore(platform);
  await store.open('2');
  await store.moved('3');
  expect(store.inspection?.texts).toBe(1);
  await store.moved('2');
  expect(store.inspection?.texts).toBe(2);
  store.close();
  await store.moved('2');
  expect(store.inspection).toBeNull();
  expect(platform.asked).toHaveLength(2);
});

test('a burst of messages is asked about twice, and the last of it is seen', async () => {
  let texts = 0;
  const platform = new TestPlatform({ inspect: ({ contact }) => inspection(contact, ++texts) });
  const store = new InspectorStore(platform);
  await Promise.all([store.open('2'), ...Array.from({ length: 50 }, () => store.moved('2'))]);
  expect(platform.asked).toHaveLength(2);
  expect(store.inspection?.texts).toBe(2);
});

test('who opens another conversation sees nothing of the one before', async () => {
  const platform = new TestPlatform({ inspect: ({ contact }) => inspection(contact, Number(contact)) });
  const store = new InspectorStore(platform);
  const first = store.open('2');
  const second = store.open('3');
  await Promise.all([first, second]);
  expect(store.inspection?.contact).toBe('3');
});
