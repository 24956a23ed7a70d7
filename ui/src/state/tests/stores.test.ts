import { expect, test, vi } from 'vitest';
import type { AppState, SafetyNumber } from '../../api/generated';
import { sentenceFor, toApiError } from '../errors';
import { looksLikeInvite } from '../invites.svelte';
import { Stores } from '../stores.svelte';
import { contact, conversation, text } from './fixtures';
import { TestPlatform } from './platform';

const ready: AppState = {
  stage: 'ready',
  profile: 'default',
  me: {
    address: 'alice@relay.example.org',
    displayName: 'Alice',
    userName: null,
    relay: 'wss://relay.example.org',
    hostsRelay: false,
    vaultSlots: ['keychain'],
    recovered: false,
    restored: null,
  },
};
const settings = {
  theme: 'dark',
  notifications: 'off',
  readReceipts: false,
  typingIndicators: true,
  keepRunning: false,
  lockAfterMinutes: null,
  lockWithSystem: true,
} as const;

const safetyOf = (fingerprint: string, part = {}): SafetyNumber => ({
  contact: contact('bob', part),
  blocks: [],
  qr: { size: 0, rows: [] },
  fingerprint,
  history: [],
});

const entered = async (answers: ConstructorParameters<typeof TestPlatform>[0] = {}) => {
  const platform = new TestPlatform({
    app_state: () => ready,
    connection: () => ({ state: 'online' }),
    conversations: () => [conversation('bob', 10), conversation('carol', 20)],
    settings: () => settings,
    ...answers,
  });
  const stores = new Stores(platform);
  await stores.start();
  await stores.enter(ready);
  return { platform, stores };
};

const names = (stores: Stores): string[] => stores.conversations.list.map(({ id }) => id);

test('the list has the latest activity first, and moves when something happens', async () => {
  const { platform, stores } = await entered();
  expect(names(stores)).toEqual(['carol', 'bob']);
  platform.emit({ kind: 'conversationChanged', conversation: conversation('bob', 30, { unread: 2 }) });
  expect(names(stores)).toEqual(['bob', 'carol']);
  expect(stores.conversations.unread).toBe(2);
  const mutedUntil = Date.now() + 60_000;
  platform.emit({
    kind: 'conversationChanged',
    conversation: conversation('bob', 30, { unread: 2, mutedUntil }),
  });
  expect(stores.conversations.unread).toBe(0);
});

test('people are found by a part of their name, in any case', async () => {
  const { stores } = await entered();
  expect(stores.conversations.matching(' CAR ').map(({ id }) => id)).toEqual(['carol']);
});

test('a removed conversation is gone from the list and from the screen', async () => {
  const { platform, stores } = await entered();
  stores.navigation.openConversation('bob');
  platform.emit({ kind: 'conversationRemoved', id: 'bob' });
  expect(names(stores)).toEqual(['carol']);
  expect(stores.navigation.pane.kind).toBe('none');
});

test("Bob's message is read out, Alice's own is not", async () => {
  const { platform, stores } = await entered();
  platform.emit({ kind: 'messageAdded', message: text(1, 0, true) });
  expect(stores.announcer.text).toBe('');
  platform.emit({ kind: 'messageAdded', message: text(2, 0) });
  expect(stores.announcer.text).toContain('message 2');
});

test('requests and blocked people stand apart from the list, and nothing a request says is read out', async () => {
  const { platform, stores } = await entered({
    accept_request: () => conversation('eve', 30),
    delete_request: () => null,
  });
  const requested = { contact: contact('eve', { standing: 'requested' as const }), unread: 1 };
  platform.emit({ kind: 'messageAdded', message: { ...text(9, 0), conversation: 'eve' } });
  platform.emit({ kind: 'conversationChanged', conversation: conversation('eve', 30, requested) });
  expect(names(stores)).toEqual(['carol', 'bob']);
  expect(stores.conversations.requests.map(({ id }) => id)).toEqual(['eve']);
  expect(stores.conversations.unread).toBe(0);
  expect(stores.announcer.text).not.toContain('message 9');
  expect(stores.announcer.text).not.toBe('');
  await stores.conversations.acceptRequest('eve');
  expect(names(stores)).toEqual(['eve', 'carol', 'bob']);

  const blocked = { contact: contact('bob', { standing: 'blocked' as const }) };
  platform.emit({ kind: 'conversationChanged', conversation: conversation('bob', 40, blocked) });
  expect(names(stores)).toEqual(['eve', 'carol']);
  expect(stores.conversations.blocked.map(({ id }) => id)).toEqual(['bob']);
  expect(stores.conversations.find('bob')).toBeDefined();
});

test('an invite link that comes before the account is open waits until it is', async () => {
  const { stores } = await entered();
  stores.navigation.inviteArrived('sotto:invite/1#x', false);
  expect(stores.navigation.dialog).toBeNull();
  stores.navigation.becameReady();
  expect(stores.navigation.dialog).toEqual({ kind: 'openInvite', link: 'sotto:invite/1#x' });
});

test('a locked window keeps what was being written, forgets everything and hears nothing', async () => {
  const { platform, stores } = await entered({ keep_draft: () => null, invites: () => [] });
  const locked: AppState = {
    stage: 'locked',
    profile: 'default',
    keychain: { name: 'Secret Service', status: 'available' },
    ways: ['passphrase'],
    receiving: true,
  };
  stores.drafts.keep('bob', 'What I was about to say');
  stores.navigation.openConversation('bob');
  stores.navigation.show({ kind: 'palette' });
  platform.emit({ kind: 'messageAdded', message: text(2, 0) });

  platform.emit({ kind: 'appStateChanged', state: locked });
  await stores.enter(locked);
  expect(platform.asked.at(-1)).toEqual({
    name: 'keep_draft',
    args: { conversation: 'bob', text: 'What I was about to say' },
  });
  const nothing = (): void => {
    expect(names(stores)).toEqual([]);
    expect(stores.conversations.find('bob')).toBeUndefined();
    expect(stores.drafts.of('bob')).toBe('');
    expect(stores.announcer.text).toBe('');
    expect(stores.navigation.dialog).toBeNull();
  };
  nothing();
  platform.emit({ kind: 'messageAdded', message: text(3, 1) });
  platform.emit({ kind: 'conversationChanged', conversation: conversation('bob', 30) });
  nothing();

  platform.emit({ kind: 'appStateChanged', state: ready });
  await stores.enter(ready);
  expect(names(stores)).toEqual(['carol', 'bob']);
  expect(stores.navigation.conversation).toBe('bob');
});

test('a resync asks for everything again', async () => {
  const { platform } = await entered();
  platform.asked.length = 0;
  platform.emit({ kind: 'resync' });
  await vi.waitFor(() =>
    expect(platform.asked.map(({ name }) => name)).toEqual([
      'app_state',
      'connection',
      'conversations',
      'settings',
    ]),
  );
});

test('a refused setting is taken back', async () => {
  const { stores } = await entered();
  await expect(stores.settings.change({ readReceipts: true })).rejects.toMatchObject({ code: 'internal' });
  expect(stores.settings.current.readReceipts).toBe(false);
});

test('what is marked as verified is the number that was on the screen', async () => {
  const { platform, stores } = await entered({
    safety_number: () => safetyOf('seen'),
    set_verified: ({ verified }) => contact('bob', { verification: verified ? 'verified' : 'notVerified' }),
  });
  await stores.verification.open('bob');
  await stores.verification.setVerified(true);
  expect(platform.asked).toContainEqual({
    name: 'set_verified',
    args: { contact: 'bob', fingerprint: 'seen', verified: true },
  });
  expect(stores.conversations.find('bob')?.contact.verification).toBe('verified');
});

test('a key that changes while its number is on the screen changes the number', async () => {
  let fingerprint = 'old';
  const { platform, stores } = await entered({ safety_number: () => safetyOf(fingerprint) });
  await stores.verification.open('bob');
  fingerprint = 'new';
  const changed = contact('bob', {
    verification: 'changed',
    identityChange: { changedAt: 1, wasVerified: false, fingerprint: 'new' },
  });
  platform.emit({ kind: 'conversationChanged', conversation: conversation('bob', 40, { contact: changed }) });
  await vi.waitFor(() => expect(stores.verification.safety?.fingerprint).toBe('new'));
});

test('the countdown of an offline connection is in whole seconds and ends at none', async () => {
  const { platform, stores } = await entered();
  platform.emit({
    kind: 'connectionChanged',
    connection: { state: 'offline', retryAt: Date.now() + 2_400, error: null },
  });
  expect(stores.connection.secondsToRetry).toBe(3);
  platform.emit({ kind: 'connectionChanged', connection: { state: 'offline', retryAt: null, error: null } });
  expect(stores.connection.secondsToRetry).toBeNull();
});

test('a draft is kept for its conversation alone', async () => {
  const { stores } = await entered();
  stores.drafts.keep('bob', 'half a sent');
  expect(stores.drafts.of('bob')).toBe('half a sent');
  expect(stores.drafts.of('carol')).toBe('');
});

test('whatever is thrown becomes a sentence, and never a raw string', () => {
  for (const thrown of ['boom', new Error('boom'), null, { code: 'made_up', message: 'boom' }]) {
    expect(toApiError(thrown).code).toBe('internal');
    expect(sentenceFor(toApiError(thrown).code)).not.toContain('boom');
  }
  expect(toApiError({ code: 'disk_full', message: 'x' }).code).toBe('disk_full');
});

test('an invite link is known by its looks, with and without slashes', () => {
  expect(looksLikeInvite(' sotto:invite/1#abcDEF_- ')).toBe(true);
  expect(looksLikeInvite('sotto://invite/1#abc')).toBe(true);
  expect(looksLikeInvite('sotto:invite/1#')).toBe(false);
  expect(looksLikeInvite('https://example.org/#abc')).toBe(false);
});
