import type { Contact, Conversation } from '../api/generated';
import type { Platform } from '../platform';

/** The conversation list, the latest activity first. */
export class ConversationsStore {
  #byId = $state.raw<ReadonlyMap<string, Conversation>>(new Map());
  loaded = $state(false);
  list = $derived([...this.#byId.values()].sort(newestFirst));
  unread = $derived(this.list.reduce((sum, conversation) => sum + conversation.unread, 0));
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
    this.#byId = new Map(conversations.map((conversation) => [conversation.id, conversation]));
    this.loaded = true;
  }

  apply(conversation: Conversation): void {
    this.#byId = new Map(this.#byId).set(conversation.id, conversation);
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

  async acceptIdentityKey(contact: string, fingerprint: string): Promise<void> {
    this.applyContact(await this.#platform.call('accept_identity_key', { contact, fingerprint }));
  }
}

const newestFirst = (a: Conversation, b: Conversation): number =>
  b.lastActivity - a.lastActivity || (a.id < b.id ? -1 : 1);
