/** A name inside a sentence, kept from turning the sentence around when it runs the other way. */
export const isolate = (text: string): string => `\u2068${text}\u2069`;

/** The usual value of a message about somebody. */
export const named = (name: string): { name: string } => ({ name: isolate(name) });
