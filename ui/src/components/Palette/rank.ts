/** Letters without their marks and capitals: who types `jose` means `José`. */
const plain = (text: string): string => text.normalize('NFD').replace(/\p{M}/gu, '').toLocaleLowerCase();

/** How well `text` answers what was typed: 0 for not at all, more for words that begin with it. */
const score = (text: string, typed: string[]): number => {
  const whole = plain(text);
  let sum = 1;
  for (const word of typed) {
    const at = whole.indexOf(word);
    if (at < 0) return 0;
    sum += at === 0 ? 3 : /[\s@.-]/.test(whole[at - 1] ?? '') ? 2 : 1;
  }
  return sum;
};

/** From how many letters on the words beside a name count: nearly every address has an `o` in it. */
const ENOUGH = 3;

/** Those that answer what was typed, the best first; equals keep their order. */
export const ranked = <Entry extends { text: string; also?: string }>(
  entries: readonly Entry[],
  typed: string,
): Entry[] => {
  const words = plain(typed).split(/\s+/).filter(Boolean);
  return entries
    .map((entry) => {
      const byName = score(entry.text, words);
      if (byName > 0) return { entry, score: byName + 1 };
      const counts = words.join('').length >= ENOUGH;
      return { entry, score: counts ? score(`${entry.text} ${entry.also ?? ''}`, words) : 0 };
    })
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score)
    .map(({ entry }) => entry);
};
