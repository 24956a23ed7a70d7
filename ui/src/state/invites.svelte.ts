import type { Conversation, Invite, InvitePreview } from '../api/generated';
import type { Platform } from '../platform';

/** Invites of ours, and the way to open somebody else's. */
export class InvitesStore {
  list = $state.raw<Invite[]>([]);
  readonly #platform: Platform;

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  async load(): Promise<void> {
    this.list = await this.#platform.call('invites');
  }

  clear(): void {
    this.list = [];
  }

  async create(): Promise<Invite> {
    const invite = await this.#platform.call('create_invite');
    this.list = [invite, ...this.list];
    return invite;
  }

  async revoke(id: string): Promise<void> {
    await this.#platform.call('revoke_invite', { id });
    this.list = this.list.map((invite) => (invite.id === id ? { ...invite, state: 'revoked' } : invite));
  }

  preview(link: string): Promise<InvitePreview> {
    return this.#platform.call('preview_invite', { link });
  }

  accept(link: string): Promise<Conversation> {
    return this.#platform.call('accept_invite', { link });
  }
}

/** Whether a pasted text has the look of an invite link: worth asking the engine about. */
export const looksLikeInvite = (text: string): boolean => /^\s*sotto:(\/\/)?invite\/\d+#\S+\s*$/.test(text);
