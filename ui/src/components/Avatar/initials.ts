const TINTS = 6;

const segments = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

const firstOf = (word: string): string => {
  for (const { segment } of segments.segment(word)) return segment.toLocaleUpperCase();
  return '';
};

/** One or two letters for a name in any script; two only where the script has capitals to set them apart. */
export const initialsOf = (name: string): string => {
  const words = name.trim().split(/\s+/);
  const first = firstOf(words[0] ?? '');
  const last = words.length > 1 ? firstOf(words[words.length - 1] ?? '') : '';
  return /^\p{Lu}$/u.test(first) && /^\p{Lu}$/u.test(last) ? first + last : first;
};

/** The same tint for the same person, always. */
export const tintOf = (id: string): number => {
  let sum = 0;
  for (const character of id) sum = (sum * 31 + character.charCodeAt(0)) >>> 0;
  return (sum % TINTS) + 1;
};
