import type { Contact, Conversation } from '../api/generated';
import { m } from '../paraglide/messages';
import type { Platform } from '../platform';
import { isMuted } from '../text/muted';

/** Conversations, the latest activity first: those of the list, and apart from them requests and whom the user blocked. */
export class ConversationsStore {
  #byId = $state.raw<ReadonlyMap<string, Conversation>>(new Map());
  loaded = $state(false);
  readonly #all = $derived([...this.#byId.values()].sort(newestFirst));
  list = $derived(this.#all.filter(({ contact }) => contact.standing === 'accepted'));
  requests = $derived(this.#all.filter(({ contact }) => contact.standing === 'requested'));
  blocked = $derived(this.#all.filter(({ contact }) => contact.standing === 'blocked'));
  /** What the user wants to be told of: nothing of a muted conversation. */
  unread = $derived(
    this.list.reduce((sum, conversation) => sum + (isMuted(conversation) ? 0 : conversation.unread), 0),
  );
  readonly #platform: Platform;

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  find(id: string | null): Conversation | undefined {
    return id === null ? undefined : this.#byId.get(id);
  }

  /** Those whose name or address has `words` in it; everything when `words` is blank. */
  matching(words: string): Conversation[] {
    const wanted = words.trim().toLocaleLowerCase();
    if (wanted === '') return this.list;
    return this.list.filter(({ contact }) =>
      `${contact.name}\n${contact.address}`.toLocaleLowerCase().includes(wanted),
    );
  }

  async load(): Promise<void> {
    const conversations = await this.#platform.call('conversations');
    this.#byId = new Map(conversations.map((conversation) => [conversation.id, called(conversation)]));
    this.loaded = true;
  }

  clear(): void {
    this.#byId = new Map();
    this.loaded = false;
  }

  apply(conversation: Conversation): void {
    this.#byId = new Map(this.#byId).set(conversation.id, called(conversation));
  }

  applyContact(contact: Contact): void {
    const conversation = this.#byId.get(contact.id);
    if (conversation) this.apply({ ...conversation, contact });
  }

  remove(id: string): void {
    const rest = new Map(this.#byId);
    rest.delete(id);
    this.#byId = rest;
  }

  async rename(contact: string, name: string): Promise<void> {
    this.apply(await this.#platform.call('rename_contact', { contact, name }));
  }

  /** The contacts whose names look like this one's. */
  namesakes(contact: string): Promise<Contact[]> {
    return this.#platform.call('namesakes', { contact });
  }

  /** Finds somebody by their user name; the conversation with them may be there already. */
  async findByUserName(name: string): Promise<Conversation> {
    const conversation = await this.#platform.call('find_contact', { name });
    this.apply(conversation);
    return conversation;
  }

  async acceptRequest(contact: string): Promise<void> {
    this.apply(await this.#platform.call('accept_request', { contact }));
  }

  async deleteRequest(contact: string): Promise<void> {
    await this.#platform.call('delete_request', { contact });
    this.remove(contact);
  }

  async block(contact: string): Promise<void> {
    this.apply(await this.#platform.call('block_contact', { contact }));
  }

  async unblock(contact: string): Promise<void> {
    this.apply(await this.#platform.call('unblock_contact', { contact }));
  }

  async setTimer(conversation: string, lifetime: number | null): Promise<void> {
    this.apply(await this.#platform.call('set_timer', { conversation, lifetime }));
  }

  async mute(conversation: string, until: number | null): Promise<void> {
    this.apply(await this.#platform.call('mute_conversation', { conversation, until }));
  }

  /** The conversation with oneself; answers its id. */
  async noteToSelf(): Promise<string> {
    const conversation = await this.#platform.call('note_to_self');
    this.apply(conversation);
    return conversation.id;
  }

  async acceptIdentityKey(contact: string, fingerprint: string): Promise<void> {
    this.applyContact(await this.#platform.call('accept_identity_key', { contact, fingerprint }));
  }
}

const newestFirst = (a: Conversation, b: Conversation): number =>
  b.lastActivity - a.lastActivity || (a.id < b.id ? -1 : 1);

/** One's own notes are called that, in whatever language. */
const called = (conversation: Conversation): Conversation =>
  conversation.contact.isSelf
    ? { ...conversation, contact: { ...conversation.contact, name: m.note_to_self() } }
    : conversation;
