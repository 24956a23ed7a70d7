/** The ways to verify somebody that have a screen of their own. */
export type Way = 'words' | 'card' | 'code';

/** What fills the pane beside the conversation list. */
export type Pane =
  | { kind: 'none' }
  | { kind: 'conversation'; id: string; message?: number }
  | { kind: 'safety'; id: string }
  | { kind: 'inspector'; id: string }
  | { kind: 'verify'; id: string; way: Way }
  | { kind: 'requests' }
  | { kind: 'settings' };

/** What a passphrase was wanted for: to lock the window, now or after some minutes. */
export type AfterPassphrase = { kind: 'lock' } | { kind: 'lockAfter'; minutes: number };

export type Dialog =
  | { kind: 'createInvite' }
  | { kind: 'openInvite'; link: string }
  | { kind: 'invites' }
  | { kind: 'rename'; id: string }
  | { kind: 'block'; id: string }
  | { kind: 'timer'; id: string }
  | { kind: 'mute'; id: string }
  | { kind: 'earlier'; message: number }
  | { kind: 'delete'; conversation: string; message: number }
  | { kind: 'passphrase'; then?: AfterPassphrase }
  | { kind: 'removeWayIn'; slot: 'keychain' | 'passphrase' | 'recoveryCode' }
  | { kind: 'keepInKeychain' }
  | { kind: 'recoveryCode' }
  | { kind: 'restored' }
  | { kind: 'export' }
  | { kind: 'backup' }
  | { kind: 'shortcuts' }
  | { kind: 'palette' }
  | { kind: 'openLink'; url: string };

/** Where the user is. */
export class NavigationStore {
  pane = $state.raw<Pane>({ kind: 'none' });
  dialog = $state.raw<Dialog | null>(null);
  /** How often words were to be looked for in the conversation that is open; 0 when they are not looked for. */
  searching = $state(0);
  /** What the settings were opened from: they are left for it. */
  #beforeSettings: Pane = { kind: 'none' };
  /** An invite link that came before the account was open. */
  #waitingInvite: string | null = null;

  /** The conversation the pane is about, if it is about one. */
  get conversation(): string | null {
    return 'id' in this.pane ? this.pane.id : null;
  }

  /** Opens a conversation, at `message` if one is named. */
  openConversation = (id: string, message?: number): void => {
    if (this.conversation !== id) this.searching = 0;
    this.pane = message === undefined ? { kind: 'conversation', id } : { kind: 'conversation', id, message };
  };

  /** Looks for words in the conversation the pane is about, whatever it shows of it. */
  search = (): void => {
    const { pane } = this;
    if (!('id' in pane)) return;
    if (pane.kind !== 'conversation') this.pane = { kind: 'conversation', id: pane.id };
    this.searching++;
  };

  openSafety = (id: string): void => {
    this.pane = { kind: 'safety', id };
  };

  openInspector = (id: string): void => {
    this.pane = { kind: 'inspector', id };
  };

  openVerify = (id: string, way: Way): void => {
    this.pane = { kind: 'verify', id, way };
  };

  openRequests = (): void => {
    this.pane = { kind: 'requests' };
  };

  openSettings = (): void => {
    if (this.pane.kind !== 'settings') this.#beforeSettings = this.pane;
    this.pane = { kind: 'settings' };
  };

  /**
   * One step back: from a way to verify to all of them, from there to the conversation, from the settings to where one was, from
   * everything else to the list.
   */
  back = (): void => {
    const { pane } = this;
    if (pane.kind === 'verify') this.pane = { kind: 'safety', id: pane.id };
    else if (pane.kind === 'safety' || pane.kind === 'inspector')
      this.pane = { kind: 'conversation', id: pane.id };
    else this.pane = pane.kind === 'settings' ? this.#beforeSettings : { kind: 'none' };
  };

  show(dialog: Dialog): void {
    this.dialog = dialog;
  }

  closeDialog = (): void => {
    this.dialog = null;
  };

  /** The window is locked: it comes back to where it was, without what stood in front of it. */
  covered(): void {
    this.dialog = null;
    this.searching = 0;
  }

  inviteArrived(link: string, ready: boolean): void {
    if (ready) this.show({ kind: 'openInvite', link });
    else this.#waitingInvite = link;
  }

  becameReady(): void {
    if (this.#waitingInvite !== null) this.show({ kind: 'openInvite', link: this.#waitingInvite });
    this.#waitingInvite = null;
  }
}
