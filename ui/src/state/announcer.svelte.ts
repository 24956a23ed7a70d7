/** What screen readers are told without being asked. */
export class AnnouncerStore {
  text = $state('');

  say(text: string): void {
    // The same words twice are two announcements: a live region speaks only when its text changes.
    this.text = this.text === text ? `${text}\u00a0` : text;
  }

  clear(): void {
    this.text = '';
  }
}
