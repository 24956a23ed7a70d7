import { createContext } from 'svelte';
import type { AppState, Conversation, EarlierText, Event, Message, WordComparison } from '../api/generated';
import { m } from '../paraglide/messages';
import type { Platform } from '../platform';
import { named } from '../text/isolate';
import { reportActivity } from './activity';
import { AnnouncerStore } from './announcer.svelte';
import { AppStore } from './app.svelte';
import { Bringing } from './bringing.svelte';
import { ComparingStore } from './comparing.svelte';
import { ConnectionStore } from './connection.svelte';
import { ConversationsStore } from './conversations.svelte';
import { DraftsStore } from './drafts.svelte';
import { Exporting } from './exporting.svelte';
import { InspectorStore } from './inspector.svelte';
import { InvitesStore } from './invites.svelte';
import { KeysStore } from './keys.svelte';
import { LinksStore } from './links';
import { LookStore } from './look.svelte';
import { MachineStore } from './machine.svelte';
import { NavigationStore } from './navigation.svelte';
import { Search } from './search.svelte';
import { SettingsStore } from './settings.svelte';
import { TimelinesStore } from './timelines.svelte';
import { ToastsStore } from './toasts.svelte';
import { VerificationStore } from './verification.svelte';
import { WordsStore } from './words.svelte';

/** What a locked window may hear. */
const ABOUT_NOBODY: ReadonlySet<Event['kind']> = new Set(['appStateChanged', 'inviteOpened', 'resync']);

/** Every store of the app, and the one place where events are handed to them. */
export class Stores {
  readonly app: AppStore;
  readonly connection: ConnectionStore;
  readonly conversations: ConversationsStore;
  readonly timelines: TimelinesStore;
  readonly verification: VerificationStore;
  readonly words: WordsStore;
  readonly comparing: ComparingStore;
  readonly inspector: InspectorStore;
  readonly invites: InvitesStore;
  readonly keys: KeysStore;
  readonly links: LinksStore;
  readonly machine: MachineStore;
  readonly settings: SettingsStore;
  readonly look = new LookStore();
  readonly drafts: DraftsStore;
  readonly navigation = new NavigationStore();
  readonly toasts = new ToastsStore();
  readonly announcer = new AnnouncerStore();
  readonly #platform: Platform;
  #readyAs: string | null = null;

  constructor(platform: Platform) {
    this.#platform = platform;
    this.app = new AppStore(platform);
    this.connection = new ConnectionStore(platform);
    this.conversations = new ConversationsStore(platform);
    this.timelines = new TimelinesStore(platform);
    this.verification = new VerificationStore(platform, (contact) =>
      this.conversations.applyContact(contact),
    );
    this.words = new WordsStore(platform);
    this.comparing = new ComparingStore(platform);
    this.inspector = new InspectorStore(platform);
    this.invites = new InvitesStore(platform);
    this.keys = new KeysStore(platform, this.app.applyMe);
    this.links = new LinksStore(platform);
    this.machine = new MachineStore(platform);
    this.settings = new SettingsStore(platform);
    this.drafts = new DraftsStore(platform);
  }

  /** Writes all messages into one file. */
  exporting(): Exporting {
    return new Exporting(this.#platform);
  }

  /** Hands a backup over that an account is to be made of. */
  bringing(): Bringing {
    return new Bringing(this.#platform);
  }

  /** Looks for messages in one conversation, or in all (`null`). */
  searchIn(conversation: string | null): Search {
    return new Search(this.#platform, conversation, this.toasts.failure);
  }

  /** What an edited message said before. */
  earlierTexts = (id: number): Promise<readonly EarlierText[]> =>
    this.#platform.call('earlier_texts', { id });

  /** Listens before it asks, so that nothing falls between the two. */
  async start(): Promise<() => void> {
    const stop = await this.#platform.listen((event) => this.apply(event));
    await this.app.load();
    return stop;
  }

  /** Loads what the open account shows; called whenever the app becomes ready. */
  async enter(state: AppState): Promise<void> {
    if (state.stage !== 'ready') {
      this.#readyAs = null;
      return this.#forgetAll();
    }
    if (this.#readyAs === state.me.address) return;
    this.#readyAs = state.me.address;
    await this.reload();
    this.navigation.becameReady();
    // Who came in by the recovery code has forgotten the passphrase.
    const { recovered, restored, vaultSlots } = state.me;
    if (recovered && vaultSlots.includes('passphrase')) this.navigation.show({ kind: 'passphrase' });
    else if (restored) this.navigation.show({ kind: 'restored' });
  }

  /** Locks the window; asks for a passphrase first if there is none to unlock it by. */
  lock = async (): Promise<void> => {
    if (!this.app.me) return;
    const refused = await this.app.lock();
    if (refused === 'passphrase_needed') this.navigation.show({ kind: 'passphrase', then: { kind: 'lock' } });
    else if (refused !== null) this.toasts.refusal(refused);
  };

  /** Opens the conversation with oneself, which begins with the first visit. */
  takeNotes = (): Promise<void> =>
    this.conversations.noteToSelf().then((id) => this.navigation.openConversation(id), this.toasts.failure);

  /** Tells that somebody is at the window, until the returned function is called. */
  reportActivity = (): (() => void) => reportActivity(this.#platform);

  /** Nothing of an account that is not open stays here. */
  #forgetAll(): void {
    this.drafts.clear();
    this.conversations.clear();
    this.timelines.clear();
    this.verification.close();
    this.words.clear();
    this.comparing.clear();
    this.inspector.close();
    this.invites.clear();
    this.toasts.clear();
    this.announcer.clear();
    this.navigation.covered();
    this.app.typedUserName = null;
  }

  async reload(): Promise<void> {
    await Promise.all([
      this.connection.load(),
      this.conversations.load(),
      this.settings.load(),
      this.timelines.reload(),
      this.words.reload(),
      this.inspector.reload(),
    ]).catch(this.toasts.failure);
    this.drafts.load(this.conversations.list);
  }

  apply(event: Event): void {
    // The shell tells a locked window nothing; what was under way when it was locked is dropped here.
    if (this.app.state?.stage === 'locked' && !ABOUT_NOBODY.has(event.kind)) return;
    switch (event.kind) {
      case 'appStateChanged':
        return this.app.apply(event.state);
      case 'connectionChanged':
        return this.connection.apply(event.connection);
      case 'conversationChanged':
        this.#announceRequest(event.conversation);
        this.conversations.apply(event.conversation);
        this.verification.refresh(event.conversation.contact).catch(this.toasts.failure);
        return;
      case 'conversationRemoved':
        return this.#forget(event.id);
      case 'messageAdded':
        this.timelines.apply(event.message);
        return this.#announce(event.message);
      case 'messageChanged':
        return this.timelines.apply(event.message);
      case 'messageRemoved':
        return this.timelines.applyRemoval(event.conversation, event.id);
      case 'typing':
        return this.timelines.applyTyping(event.conversation, event.typing);
      case 'sessionMoved':
        void this.inspector.moved(event.conversation);
        return;
      case 'wordsChanged':
        this.words.apply(event.comparison);
        return this.#announceQuestion(event.comparison);
      case 'settingsChanged':
        return this.settings.apply(event.settings);
      case 'inviteOpened':
        return this.navigation.inviteArrived(event.link, this.app.me !== null);
      case 'conversationRequested':
        return this.navigation.openConversation(event.id);
      case 'resync':
        void this.app.load().then(() => (this.app.me ? this.reload() : undefined));
    }
  }

  #forget(id: string): void {
    this.conversations.remove(id);
    this.timelines.forget(id);
    if (this.navigation.conversation === id) this.navigation.pane = { kind: 'none' };
  }

  /** Whoever looks at something else is told that somebody waits for them. */
  #announceQuestion({ contact, stage }: WordComparison): void {
    if (stage.kind !== 'asked' || this.navigation.conversation === contact) return;
    const name = this.conversations.find(contact)?.contact.name;
    if (name !== undefined) this.toasts.info(m.words_asked(named(name)));
  }

  #announce(message: Message): void {
    if (message.outgoing || message.body.kind !== 'text') return;
    const contact = this.conversations.find(message.conversation)?.contact;
    // What a request says is read by who opens it.
    if (contact?.standing !== 'accepted') return;
    this.announcer.say(m.announce_message({ name: contact.name, text: message.body.text }));
  }

  #announceRequest({ id, contact }: Conversation): void {
    const isNew = contact.standing === 'requested' && !this.conversations.find(id);
    if (isNew) this.announcer.say(m.announce_request());
  }
}

export const [useStores, provideStores] = createContext<Stores>();
