/** Whether the user has marked text, to copy it. */
export const hasSelection = (): boolean => !(getSelection()?.isCollapsed ?? true);

/** Whether something is where text is written. */
export const isField = (target: EventTarget | null): boolean =>
  target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;
