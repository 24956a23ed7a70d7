/** The engine's own rule; it has the last word. */
export const MIN_LENGTH = 12;

/** What to think of a passphrase and its repetition. */
export const judge = (passphrase: string, repeated: string): 'short' | 'differs' | 'good' => {
  if ([...passphrase].length < MIN_LENGTH) return 'short';
  return passphrase === repeated ? 'good' : 'differs';
};
