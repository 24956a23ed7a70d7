import { expect, test, vi } from 'vitest';
import type { Me, Message } from '../../api/generated';
import { Exporting } from '../exporting.svelte';
import { contact, conversation, text } from './fixtures';
import { TestPlatform } from './platform';

vi.stubGlobal('navigator', { languages: ['en-GB'] });

const me: Me = {
  address: 'alice@relay.example.org',
  displayName: 'Alice',
  userName: null,
  relay: 'relay.example.org',
  hostsRelay: false,
  vaultSlots: ['keychain'],
  recovered: false,
  restored: null,
};

/** Bob has said four things, which come two at a time, and Carol nothing. */
const platformOf = (said: Message[]) => {
  const platform = new TestPlatform({
    conversations: () => [
      conversation('bob', 3, { contact: contact('bob', { name: 'Bob' }) }),
      conversation('carol', 2),
    ],
    messages: ({ conversation, before }) => {
      const all = conversation === 'bob' ? said.filter(({ id }) => before === null || id < before) : [];
      const messages = all.slice(-2);
      return { messages, hasOlder: messages.length < all.length, hasNewer: false, firstUnread: null };
    },
  });
  const files: { name: string; made: Blob }[] = [];
  platform.save = (made, name) => {
    files.push({ made, name });
    return Promise.resolve(`/home/alice/${name}`);
  };
  return { platform, files };
};

test('everything that was said is in the file once, in its order', async () => {
  const { platform, files } = platformOf([1, 2, 3, 4].map((id) => text(id, id, id === 3)));
  const file = await new Exporting(platform).write('text', me);
  expect(file).toMatch(/^\/home\/alice\/sotto-messages-\d{4}-\d\d-\d\d\.txt$/);
  const written = (await files[0]?.made.text()) ?? '';
  expect([...written.matchAll(/(Bob|You): message (\d)/g)].map(([, who, id]) => `${who} ${id}`)).toEqual([
    'Bob 1',
    'Bob 2',
    'You 3',
    'Bob 4',
  ]);
  expect(written).not.toContain('carol');
});

test('what programs read says the same', async () => {
  const { platform, files } = platformOf([text(1, 0), text(2, 1, true)]);
  await new Exporting(platform).write('json', me);
  const read = JSON.parse((await files[0]?.made.text()) ?? '') as {
    format: string;
    conversations: { contact: { name: string }; messages: { body: unknown; outgoing: boolean }[] }[];
  };
  expect(read.format).toBe('sotto-transcript');
  expect(read.conversations.map(({ contact: { name } }) => name)).toEqual(['Bob']);
  expect(read.conversations[0]?.messages.map(({ body, outgoing }) => [body, outgoing])).toEqual([
    [{ kind: 'text', text: 'message 1' }, false],
    [{ kind: 'text', text: 'message 2' }, true],
  ]);
});

test('what is to disappear is not in the file', async () => {
  const quote = (message: number) =>
    ({ kind: 'found', message, outgoing: false, text: `message ${message}` }) as const;
  const { platform, files } = platformOf([
    text(1, 0),
    { ...text(2, 1), lifetime: 3600 },
    { ...text(3, 2), quote: quote(2) },
    { ...text(4, 3), quote: quote(1) },
  ]);
  await new Exporting(platform).write('text', me);
  const written = await files[0]?.made.text();
  expect(written).toContain('Bob: message 1');
  expect(written).toContain('> message 1');
  expect(written).not.toContain('message 2');
});

test('who closes the dialog meanwhile gets no file', async () => {
  const { platform, files } = platformOf([text(1, 0), text(2, 1), text(3, 2)]);
  const exporting = new Exporting(platform);
  const written = exporting.write('text', me);
  exporting.stop();
  expect(await written).toBeUndefined();
  expect(files).toEqual([]);
});
