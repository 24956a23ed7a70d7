import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { SearchHit } from '../../api/generated';
import { Search } from '../search.svelte';
import { TestPlatform } from './platform';

const hit = (message: number, words: string): SearchHit => ({
  message,
  conversation: 'bob',
  outgoing: false,
  storedAt: message,
  snippet: { text: words, matches: [{ start: 0, end: words.length }] },
});

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const made = () => {
  const platform = new TestPlatform({
    search: ({ words, before }) => ({
      hits: before === null ? [hit(9, words), hit(8, words)] : [hit(before - 1, words)],
      hasMore: before === null,
      complete: true,
    }),
  });
  const failed = vi.fn();
  return { platform, failed, search: new Search(platform, 'bob', failed) };
};

test('what Alice types is looked for once she pauses', async () => {
  const { platform, search } = made();
  for (const words of ['m', 'mi', 'mill']) search.look(words);
  expect(search.settled).toBe(false);
  await vi.runAllTimersAsync();
  expect(platform.asked.map(({ args }) => args)).toEqual([
    { words: 'mill', conversation: 'bob', before: null, limit: 30 },
  ]);
  expect(search.hits.map(({ message }) => message)).toEqual([9, 8]);
});

test('older hits follow those that are there, once', async () => {
  const { platform, search } = made();
  search.look('mill');
  await vi.runAllTimersAsync();
  await Promise.all([search.more(), search.more()]);
  await search.more();
  expect(search.hits.map(({ message }) => message)).toEqual([9, 8, 7]);
  expect(platform.asked).toHaveLength(2);
});

test('an answer to words that are not looked for any more is not shown', async () => {
  const { search } = made();
  search.look('mill');
  await vi.advanceTimersByTimeAsync(119);
  const late = search.again();
  search.clear();
  await late;
  expect(search.hits).toEqual([]);
  expect(search.settled).toBe(true);
});

test('a search that fails is told', async () => {
  const failed = vi.fn();
  const search = new Search(new TestPlatform({}), null, failed);
  search.look('mill');
  await vi.runAllTimersAsync();
  expect(failed).toHaveBeenCalledOnce();
});
