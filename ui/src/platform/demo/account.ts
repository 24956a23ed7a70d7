import type {
  ApiError,
  AppState,
  Commands,
  Contact,
  Conversation,
  EarlierText,
  ErrorCode,
  Event,
  IdentityRecord,
  Inspection,
  Judgement,
  Message,
  MessageBody,
  MessagePage,
  Notice,
  Settings,
  VaultChoice,
  VerifiedBy,
} from '../../api/generated';
import { alice, DAY, plain, previewOf, unsettled, type World } from '../../fixtures/world';
import type { CommandName } from '../types';
import { DemoWords, judge, ownCard } from './comparing';
import { DemoKeys, MIN_PASSPHRASE, readCode } from './keys';
import { DemoRatchets } from './ratchets';
import { blocksFor, qrFor } from './safety';
import { searchIn } from './search';

type Handlers = {
  [Name in CommandName]: (args: Commands[Name]['args']) => Commands[Name]['answer'];
};

const refuse = (code: ErrorCode): ApiError => ({ code, message: '' });

const quoteOf = ({ id, outgoing, body }: Message): Message['quote'] =>
  body.kind === 'text' ? { kind: 'found', message: id, outgoing, text: body.text } : { kind: 'missing' };

const stretch = (all: Message[], start: number, limit: number): MessagePage => ({
  messages: all.slice(start, start + limit),
  hasOlder: start > 0,
  hasNewer: start + limit < all.length,
  firstUnread: null,
});

/** A world that answers commands: the demo's stand-in for the whole of the backend. */
export class DemoAccount {
  readonly world: World;
  readonly #emit: (event: Event) => void;
  /** Called with each message the user sends, so that somebody can answer. */
  onsent: (message: Message) => void = () => undefined;
  readonly #earlier = new Map<number, EarlierText[]>();
  #nextId = 10_000_000;
  readonly #words: DemoWords;
  readonly #ratchets: DemoRatchets;
  readonly #keys: DemoKeys;

  constructor(world: World, emit: (event: Event) => void) {
    this.world = world;
    this.#emit = emit;
    this.#ratchets = new DemoRatchets(emit, world.inspections);
    this.#keys = new DemoKeys(world, (state) => emit({ kind: 'appStateChanged', state }));
    this.#words = new DemoWords(
      (comparison) => emit({ kind: 'wordsChanged', comparison }),
      (contact) => this.#verify(contact, 'words'),
      world.words,
    );
  }

  readonly handlers: Handlers = {
    app_state: () => this.world.app,
    check_relay: ({ address }) => relayAt(address),
    create_account: ({ relay, displayName, vault }) => {
      if (displayName.trim() === '') throw refuse('invalid_input');
      const slot = this.#slotFor(vault);
      const address = relay.kind === 'thisComputer' ? 'ws://127.0.0.1:9800' : relayAt(relay.address);
      const me = { ...alice, displayName, relay: address, hostsRelay: relay.kind === 'thisComputer' };
      return this.#enter({ stage: 'ready', profile: 'default', me: { ...me, vaultSlots: [slot] } });
    },
    bring_backup: ({ offset, bytes }) => {
      if (offset === 0 && !atob(bytes).startsWith('\x89Sotto backup')) throw refuse('not_a_backup');
      return null;
    },
    restore_account: ({ code, vault }) => {
      if (!readCode(code).complete) throw refuse('wrong_recovery_code');
      const vaultSlots = [this.#slotFor(vault), 'recoveryCode' as const];
      const restored = { madeAt: Date.now() - DAY, moved: true, setAside: null };
      return this.#enter({ stage: 'ready', profile: 'default', me: { ...alice, vaultSlots, restored } });
    },
    make_backup: ({ code }) => {
      if (!readCode(code).complete) throw refuse('wrong_recovery_code');
      return { file: '/home/alice/Downloads/Sotto backup 2026-11-22.sotto', bytes: 4_218_880 };
    },
    unlock: ({ proof }) => this.#keys.unlock(proof),
    lock: () => this.#keys.lock(),
    active: () => this.#keys.active(),
    read_recovery_code: ({ code }) => readCode(code),
    retry_start: () => {
      const { app } = this.world;
      if (app.stage !== 'trouble' || app.error.code !== 'disk_full') return app;
      return this.#enter({ stage: 'ready', profile: 'default', me: alice });
    },
    set_aside_database: () => this.#enter({ stage: 'ready', profile: 'default', me: alice }),
    connection: () => this.world.connection,
    reconnect: () => this.#reconnect(),
    conversations: () => this.world.conversations,
    messages: ({ conversation, before, limit }) => {
      const all = this.#messages(conversation);
      const end = before === null ? all.length : all.findIndex(({ id }) => id >= before);
      const start = Math.max(0, end - limit);
      const unread = this.conversation(conversation).unread;
      const incoming = all.filter(({ outgoing, body }) => !outgoing && body.kind === 'text');
      const firstUnread = unread > 0 ? (incoming.at(-unread)?.id ?? null) : null;
      return {
        messages: all.slice(start, end),
        hasOlder: start > 0,
        hasNewer: end < all.length,
        firstUnread,
      };
    },
    messages_after: ({ conversation, after, limit }) => {
      const all = this.#messages(conversation);
      const at = all.findIndex(({ id }) => id > after);
      return stretch(all, at < 0 ? all.length : at, limit);
    },
    messages_around: ({ conversation, message, limit }) => {
      const all = this.#messages(conversation);
      const at = all.findIndex(({ id }) => id >= message);
      return stretch(all, Math.max(0, at - Math.floor(limit / 2)), limit);
    },
    search: ({ words, conversation, before, limit }) => {
      const places =
        conversation === null ? [...this.world.messages.values()] : [this.#messages(conversation)];
      return searchIn(places.flat(), words, before, limit);
    },
    send_message: ({ conversation, text, replyTo }) => {
      if (text.trim() === '') throw refuse('invalid_input');
      const { contact, lifetime } = this.conversation(conversation);
      const delivery = contact.isSelf ? 'read' : contact.identityChange ? 'blocked' : 'queued';
      const quote = replyTo === null ? null : quoteOf(this.#find(replyTo));
      this.change(conversation, { draft: null });
      const message = this.add(conversation, { kind: 'text', text }, true, delivery, { quote, lifetime });
      if (!contact.isSelf) this.onsent(message);
      return message;
    },
    edit_message: ({ id, text }) => {
      const message = this.#find(id);
      if (message.body.kind !== 'text') throw refuse('not_found');
      this.#earlier.set(id, [...this.#earlierTexts(id), { text: message.body.text, replacedAt: Date.now() }]);
      const delivery = this.#goesOut(message) ? message.delivery : 'queued';
      return this.amend(message, { body: { kind: 'text', text }, editedAt: Date.now(), delivery });
    },
    earlier_texts: ({ id }) => this.#earlierTexts(id),
    delete_message: ({ id }) => {
      const message = this.#find(id);
      const delivery = this.#goesOut(message) ? null : 'queued';
      this.amend(message, { ...plain, body: { kind: 'deleted' }, delivery });
      return null;
    },
    react: ({ id, emoji }) => {
      const message = this.#find(id);
      const theirs = message.reactions.filter(({ mine }) => !mine);
      const mine = emoji === null ? [] : [{ emoji, mine: true }];
      return this.amend(message, { reactions: [...mine, ...theirs] });
    },
    set_timer: ({ conversation, lifetime }) => {
      const changed = this.change(conversation, { lifetime });
      this.add(conversation, { kind: 'timerSet', lifetime }, true, null);
      return changed;
    },
    mute_conversation: ({ conversation, until }) => this.change(conversation, { mutedUntil: until }),
    keep_draft: ({ conversation, text }) => {
      this.change(conversation, { draft: text === '' ? null : text });
      return null;
    },
    note_to_self: () => this.#noteToSelf(),
    retry_message: ({ id }) => {
      const message = this.#find(id);
      const retried = this.deliver(message, 'queued');
      this.onsent(retried);
      return retried;
    },
    mark_read: ({ conversation }) => {
      this.change(conversation, { unread: 0 });
      return null;
    },
    set_typing: () => null,
    find_contact: ({ name }) => this.#findPerson(name.trim().toLowerCase()),
    accept_request: ({ contact }) => {
      const accepted = this.#stand(contact, 'accepted');
      return this.change(contact, { contact: accepted, unread: 0 });
    },
    delete_request: ({ contact }) => {
      this.world.conversations = this.world.conversations.filter(({ id }) => id !== contact);
      this.world.messages.delete(contact);
      this.#emit({ kind: 'conversationRemoved', id: contact });
      return null;
    },
    block_contact: ({ contact }) => this.change(contact, { contact: this.#stand(contact, 'blocked') }),
    unblock_contact: ({ contact }) => this.change(contact, { contact: this.#stand(contact, 'accepted') }),
    rename_contact: ({ contact, name }) => {
      const conversation = this.conversation(contact);
      return this.change(contact, {
        contact: { ...conversation.contact, name: name.trim() || conversation.contact.name },
      });
    },
    safety_number: ({ contact }) => {
      const fingerprint = this.conversation(contact).contact.identityChange?.fingerprint ?? `key-${contact}`;
      return {
        contact: this.conversation(contact).contact,
        blocks: blocksFor(fingerprint),
        qr: qrFor(fingerprint),
        fingerprint,
        history: this.#history(contact),
      };
    },
    report_difference: ({ contact }) => {
      this.#amendNewestKey(contact, { verifiedAt: null, verifiedBy: null });
      return this.#decide(contact, 'notVerified', 'comparisonDiffered');
    },
    own_card: () => ownCard(),
    compare_card: ({ contact, text }) => this.#judged(contact, judge(text)),
    compare_picture: ({ contact }) => this.#judged(contact, { kind: 'verified' }),
    words: ({ contact }) => this.#words.of(contact),
    begin_words: ({ contact }) => this.#words.begin(contact),
    type_words: ({ contact, first, second }) => this.#words.type(contact, first, second),
    close_words: ({ contact }) => this.#words.close(contact),
    namesakes: ({ contact }) => this.#namesakes(this.conversation(contact).contact),
    inspect: ({ contact }) => this.#inspect(contact),
    set_verified: ({ contact, verified }) => {
      this.#amendNewestKey(contact, {
        verifiedAt: verified ? Date.now() : null,
        verifiedBy: verified ? 'safetyNumber' : null,
      });
      const notice: Notice = verified ? 'markedVerified' : 'markedNotVerified';
      return this.#decide(contact, verified ? 'verified' : 'notVerified', notice);
    },
    accept_identity_key: ({ contact }) => this.#decide(contact, 'notVerified', 'identityKeyAccepted'),
    create_invite: () => {
      const now = Date.now();
      const id = `i${this.#nextId++}`;
      const link = `sotto:invite/1#CiQ1YzJiNmYwZS03YTNkLTRjNTctOWIxZS0yZjYwZDhhNGM5MTESGHdzczovL3JlbGF5LmV4YW1wbGUub3Jn${id}`;
      const invite = {
        id,
        link,
        createdAt: now,
        expiresAt: now + 7 * DAY,
        state: 'open',
        used: null,
      } as const;
      this.world.invites = [invite, ...this.world.invites];
      return invite;
    },
    invites: () => this.world.invites,
    revoke_invite: ({ id }) => {
      this.world.invites = this.world.invites.map((invite) =>
        invite.id === id ? { ...invite, state: 'revoked' } : invite,
      );
      return null;
    },
    preview_invite: ({ link }) => {
      if (!/^\s*sotto:(\/\/)?invite\/1#.{8}/.test(link)) throw refuse('invalid_invite');
      if (link.includes('spent')) throw refuse('invite_spent');
      const own = this.world.invites.some((invite) => invite.link === link.trim());
      if (own) throw refuse('invite_is_own');
      return {
        inviterName: 'Rosa Delgado',
        address: '0a11ce55-1f7e-4a06-8f57-6a1d0a9be7c3@relay.example.org',
        relay: 'wss://relay.example.org',
        existingContact: this.world.conversations.some(({ id }) => id === 'r05a') ? 'r05a' : null,
      };
    },
    accept_invite: ({ link }) => {
      if (link.includes('mismatch')) throw refuse('invite_identity_mismatch');
      return this.#meetRosa();
    },
    settings: () => this.world.settings,
    update_settings: ({ settings }) => this.#keepSettings(settings),
    set_display_name: ({ name }) => {
      if (name.trim() === '') throw refuse('invalid_input');
      return this.#changeMe({ displayName: name.trim() });
    },
    set_user_name: ({ name }) => {
      const wanted = name.trim().toLowerCase();
      if (wanted === '') return this.#changeMe({ userName: null });
      if (!/^[a-z0-9][a-z0-9._-]{2,31}$/.test(wanted)) throw refuse('invalid_user_name');
      if (/taken/.test(wanted)) throw refuse('user_name_taken');
      if (this.world.connection.state !== 'online') throw refuse('relay_unreachable');
      return this.#changeMe({ userName: wanted });
    },
    restoration_seen: () => this.#changeMe({ restored: null }),
    set_passphrase: ({ passphrase, proof }) => this.#keys.setPassphrase(passphrase, proof),
    keep_in_keychain: ({ proof }) => this.#keys.keepInKeychain(proof),
    remove_way_in: ({ slot, proof }) => this.#keys.remove(slot, proof),
    create_recovery_code: ({ proof }) => this.#keys.createCode(proof),
    check_recovery_code: ({ typed }) => this.#keys.checkCode(typed),
    forget_recovery_code: () => null,
  };

  conversation(id: string): Conversation {
    const conversation = this.world.conversations.find((candidate) => candidate.id === id);
    if (!conversation) throw refuse('not_found');
    return conversation;
  }

  /** Adds a message to a conversation and tells the UI, as the engine would. */
  add(
    conversation: string,
    body: MessageBody,
    outgoing: boolean,
    delivery: Message['delivery'],
    more: Partial<Message> = {},
  ): Message {
    const now = Date.now();
    const message: Message = {
      ...plain,
      id: this.#nextId++,
      conversation,
      body,
      outgoing,
      sentAt: now,
      storedAt: now,
      delivery,
      ...more,
    };
    this.#messages(conversation).push(message);
    this.#emit({ kind: 'messageAdded', message });
    if (body.kind === 'text' && !this.conversation(conversation).contact.isSelf) {
      this.#ratchets[outgoing ? 'sent' : 'received'](conversation);
    }
    const unread = this.conversation(conversation).unread + (outgoing || body.kind !== 'text' ? 0 : 1);
    this.#refreshPreview(conversation, { unread, lastActivity: now });
    return message;
  }

  deliver(message: Message, delivery: Message['delivery']): Message {
    return this.amend(this.#find(message.id), { delivery });
  }

  /** Changes a message and tells the UI, as the engine would. */
  amend(message: Message, part: Partial<Message>): Message {
    const changed = { ...message, ...part };
    const messages = this.#messages(message.conversation);
    const at = messages.findIndex(({ id }) => id === message.id);
    messages[at] = changed;
    this.#emit({ kind: 'messageChanged', message: changed });
    this.#refreshPreview(message.conversation, {});
    return changed;
  }

  change(id: string, part: Partial<Conversation>): Conversation {
    const changed = { ...this.conversation(id), ...part };
    this.world.conversations = this.world.conversations.map((one) => (one.id === id ? changed : one));
    this.#emit({ kind: 'conversationChanged', conversation: changed });
    return changed;
  }

  #refreshPreview(id: string, part: Partial<Conversation>): void {
    this.change(id, { ...part, lastMessage: previewOf(this.#messages(id)) });
  }

  #messages(conversation: string): Message[] {
    const messages = this.world.messages.get(conversation);
    if (!messages) throw refuse('not_found');
    return messages;
  }

  /** Whether a change to a message goes out at once, or nowhere. */
  #goesOut({ conversation }: Message): boolean {
    return this.conversation(conversation).contact.isSelf || this.world.connection.state === 'online';
  }

  #find(id: number): Message {
    for (const messages of this.world.messages.values()) {
      const found = messages.find((message) => message.id === id);
      if (found) return found;
    }
    throw refuse('not_found');
  }

  #earlierTexts(id: number): EarlierText[] {
    return this.#earlier.get(id) ?? [];
  }

  #noteToSelf(): Conversation {
    const id = 'n07e5e1f';
    if (this.world.messages.has(id)) return this.conversation(id);
    const me = this.world.app.stage === 'ready' ? this.world.app.me : alice;
    const contact: Contact = {
      id,
      address: me.address,
      name: me.displayName,
      isSelf: true,
      standing: 'accepted',
      userName: null,
      verification: 'verified',
      identityChange: null,
    };
    const conversation = {
      ...unsettled,
      id,
      contact,
      lastMessage: null,
      unread: 0,
      lastActivity: Date.now(),
    };
    this.world.conversations = [conversation, ...this.world.conversations];
    this.world.messages.set(id, []);
    return conversation;
  }

  /** Case and accents are enough here; the engine knows all letters that look alike. */
  #namesakes({ id, name }: Contact): Contact[] {
    const { compare } = new Intl.Collator(undefined, { sensitivity: 'base' });
    const others = this.world.conversations.map(({ contact }) => contact);
    return others.filter((other) => other.id !== id && !other.isSelf && compare(other.name, name) === 0);
  }

  #inspect(contact: string): Inspection {
    const texts = this.#messages(contact).filter(({ body }) => body.kind === 'text');
    return this.#ratchets.of(contact, texts.length);
  }

  #history(contact: string): IdentityRecord[] {
    return this.world.histories.get(contact) ?? [];
  }

  #amendNewestKey(contact: string, part: Partial<IdentityRecord>): void {
    const [newest, ...older] = this.#history(contact);
    if (newest) this.world.histories.set(contact, [{ ...newest, ...part }, ...older]);
  }

  #decide(id: string, verification: Contact['verification'], notice: Notice): Contact {
    const conversation = this.conversation(id);
    const contact = { ...conversation.contact, verification, identityChange: null };
    this.change(id, { contact });
    this.add(id, { kind: 'notice', notice }, false, null);
    for (const message of this.#messages(id).filter(({ delivery }) => delivery === 'blocked')) {
      this.onsent(this.deliver(message, 'queued'));
    }
    return contact;
  }

  #verify(contact: string, verifiedBy: VerifiedBy): void {
    this.#amendNewestKey(contact, { verifiedAt: Date.now(), verifiedBy });
    this.#decide(contact, 'verified', 'markedVerified');
  }

  #judged(contact: string, judgement: Judgement): Judgement {
    if (judgement.kind === 'verified') this.#verify(contact, 'card');
    return judgement;
  }

  #meetRosa(): Conversation {
    const now = Date.now();
    const id = 'r05a';
    if (this.world.messages.has(id)) return this.conversation(id);
    const address = '0a11ce55-1f7e-4a06-8f57-6a1d0a9be7c3@relay.example.org';
    const contact: Contact = {
      id,
      address,
      name: 'Rosa Delgado',
      isSelf: false,
      verification: 'verified',
      standing: 'accepted',
      userName: null,
      identityChange: null,
    };
    const conversation = { ...unsettled, id, contact, lastMessage: null, unread: 0, lastActivity: now };
    this.world.conversations = [conversation, ...this.world.conversations];
    this.world.messages.set(id, []);
    this.world.histories.set(id, [
      {
        fingerprint: '61094 27735 18840 93361 30518 94427 06173 55820',
        firstSeen: now,
        verifiedAt: now,
        verifiedBy: 'invite',
        replacedAt: null,
      },
    ]);
    this.#emit({ kind: 'conversationChanged', conversation });
    this.add(id, { kind: 'notice', notice: 'metByInvite' }, false, null);
    return this.conversation(id);
  }

  #stand(id: string, standing: Contact['standing']): Contact {
    return { ...this.conversation(id).contact, standing };
  }

  /** Anybody can be found whose name is not `nobody`; your own is yours. */
  #findPerson(sought: string): Conversation {
    const [name = '', relay = 'relay.example.org'] = sought.split('@');
    const me = this.world.app.stage === 'ready' ? this.world.app.me : alice;
    if (this.world.connection.state !== 'online') throw refuse('relay_unreachable');
    if (name === me.userName) throw refuse('user_name_is_own');
    if (name.startsWith('nobody')) throw refuse('user_name_unknown');
    const id = `found-${name}`;
    if (this.world.messages.has(id)) return this.conversation(id);
    const contact: Contact = {
      id,
      address: `3f6d0c1e-52aa-4f0b-8d53-0a7be1c46d02@${relay}`,
      name,
      isSelf: false,
      verification: 'notVerified',
      standing: 'accepted',
      userName: name,
      identityChange: null,
    };
    const conversation = {
      ...unsettled,
      id,
      contact,
      lastMessage: null,
      unread: 0,
      lastActivity: Date.now(),
    };
    this.world.conversations = [conversation, ...this.world.conversations];
    this.world.messages.set(id, []);
    this.#emit({ kind: 'conversationChanged', conversation });
    this.add(id, { kind: 'notice', notice: 'foundByUserName' }, false, null);
    return this.conversation(id);
  }

  #slotFor(vault: VaultChoice): 'keychain' | 'passphrase' {
    if (vault.kind === 'passphrase') {
      if (vault.passphrase.length < MIN_PASSPHRASE) throw refuse('weak_passphrase');
      return 'passphrase';
    }
    const { status } = this.world.keychain;
    if (status !== 'available')
      throw refuse(status === 'locked' ? 'keychain_locked' : 'keychain_unavailable');
    return 'keychain';
  }

  #enter(app: AppState): AppState {
    this.world.app = app;
    return app;
  }

  #changeMe(part: Partial<typeof alice>): typeof alice {
    const { app } = this.world;
    if (app.stage !== 'ready') throw refuse('not_ready');
    const me = { ...app.me, ...part };
    this.world.app = { ...app, me };
    return me;
  }

  #keepSettings(settings: Settings): Settings {
    this.world.settings = settings;
    this.#keys.active();
    this.#emit({ kind: 'settingsChanged', settings });
    return settings;
  }

  #reconnect(): null {
    this.world.connection = { state: 'connecting' };
    this.#emit({ kind: 'connectionChanged', connection: this.world.connection });
    setTimeout(() => {
      this.world.connection = { state: 'online' };
      this.#emit({ kind: 'connectionChanged', connection: this.world.connection });
    }, 1_200);
    return null;
  }
}

const relayAt = (address: string): string => {
  const text = address.trim();
  if (!/^(wss?:\/\/)?[\w.-]+(:\d+)?\/?$/.test(text)) throw refuse('invalid_relay_address');
  if (/unreachable|nowhere/.test(text)) throw refuse('relay_unreachable');
  if (/old|new/.test(text)) throw refuse('relay_incompatible');
  return /^wss?:/.test(text) ? text : `wss://${text}`;
};
