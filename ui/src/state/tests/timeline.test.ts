import { expect, test } from 'vitest';
import { Timeline } from '../timeline.svelte';
import { TimelinesStore } from '../timelines.svelte';
import { text } from './fixtures';
import { TestPlatform } from './platform';

const ids = (timeline: Timeline): number[] => timeline.messages.map(({ id }) => id);

const page = (from: number, to: number, hasOlder: boolean) => ({
  messages: Array.from({ length: to - from + 1 }, (_, index) => text(from + index, from + index)),
  hasOlder,
  hasNewer: false,
  firstUnread: null,
});

const opened = async () => {
  const platform = new TestPlatform({
    messages: ({ before }) => (before === null ? page(10, 12, true) : page(before - 3, before - 1, false)),
    send_message: ({ text: body }) => ({ ...text(13, 13, true), body: { kind: 'text', text: body } }),
    mark_read: () => null,
  });
  const timeline = new Timeline(platform, 'bob');
  await timeline.load();
  return { platform, timeline };
};

test('older messages come before those that are there, and only while there are any', async () => {
  const { platform, timeline } = await opened();
  await timeline.loadOlder();
  await timeline.loadOlder();
  expect(ids(timeline)).toEqual([7, 8, 9, 10, 11, 12]);
  expect(timeline.prepending).toBe(true);
  expect(platform.asked.filter(({ name }) => name === 'messages')).toHaveLength(2);
});

test('older messages are asked for once, however often the list asks', async () => {
  const { platform, timeline } = await opened();
  await Promise.all([timeline.loadOlder(), timeline.loadOlder()]);
  expect(platform.asked.filter(({ name }) => name === 'messages')).toHaveLength(2);
  expect(ids(timeline)).toEqual([7, 8, 9, 10, 11, 12]);
});

test("a message Alice sends appears once, whether its event or the command's answer comes first", async () => {
  const { timeline } = await opened();
  timeline.apply(text(13, 13, true));
  await timeline.send('hello');
  expect(ids(timeline)).toEqual([10, 11, 12, 13]);
});

test('the answer to sending does not undo a delivery state that came before it', async () => {
  const { timeline } = await opened();
  timeline.apply({ ...text(13, 13, true), delivery: 'delivered' });
  await timeline.send('hello');
  expect(timeline.messages.at(-1)?.delivery).toBe('delivered');
});

test('a change of a message further back than what was loaded is not shown', async () => {
  const { timeline } = await opened();
  timeline.apply({ ...text(2, 2, true), delivery: 'read' });
  expect(ids(timeline)).toEqual([10, 11, 12]);
});

test("Bob's message ends his typing", async () => {
  const { timeline } = await opened();
  timeline.typing = true;
  timeline.apply(text(13, 13));
  expect(timeline.typing).toBe(false);
});

test('what comes while Alice is away is set apart from where it began', async () => {
  const { timeline } = await opened();
  timeline.apply(text(13, 13));
  expect(timeline.firstUnread).toBeNull();
  timeline.leave();
  timeline.apply(text(14, 14));
  timeline.apply(text(15, 15));
  timeline.comeBack();
  expect(timeline.firstUnread).toBe(14);
});

test('what Alice has read is told once', async () => {
  const { platform, timeline } = await opened();
  await timeline.markRead();
  await timeline.markRead();
  const told = platform.asked.filter(({ name }) => name === 'mark_read');
  expect(told).toEqual([{ name: 'mark_read', args: { conversation: 'bob', upTo: 12 } }]);
});

test('only the conversations looked at lately stay in memory', () => {
  const timelines = new TimelinesStore(new TestPlatform({}));
  const bob = timelines.open('bob');
  for (const name of ['a', 'b', 'c', 'd', 'e']) timelines.open(name);
  expect(timelines.open('bob')).toBe(bob);
  for (const name of ['f', 'g', 'h', 'i', 'j', 'k']) timelines.open(name);
  expect(timelines.open('bob')).not.toBe(bob);
});
