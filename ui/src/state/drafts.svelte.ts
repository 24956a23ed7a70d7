/** What was written but not sent, per conversation. In memory only: plaintext is not kept outside the vault. */
export class DraftsStore {
  #texts = $state.raw<ReadonlyMap<string, string>>(new Map());

  of(conversation: string): string {
    return this.#texts.get(conversation) ?? '';
  }

  keep(conversation: string, text: string): void {
    const texts = new Map(this.#texts);
    if (text === '') texts.delete(conversation);
    else texts.set(conversation, text);
    this.#texts = texts;
  }
}
