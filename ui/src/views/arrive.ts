import type { Attachment } from 'svelte/attachments';

const FIELD = 'input:not([type="radio"]):not(:disabled), textarea';

/** A new screen takes the focus: its first field, or its heading, which says where one is. */
export const arrive: Attachment<HTMLElement> = (screen) => {
  const field = screen.querySelector<HTMLElement>(FIELD);
  if (field) field.focus({ preventScroll: true });
  else arriveAtHeading(screen);
};

/** A new screen takes the focus, but nothing is typed into it unasked. */
export const arriveAtHeading: Attachment<HTMLElement> = (screen) => {
  screen.querySelector<HTMLElement>('h1')?.focus({ preventScroll: true });
};
