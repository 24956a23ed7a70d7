import type { Message, SearchHit, SearchPage, TextRange } from '../../api/generated';

const fold = (text: string): string =>
  [...text.toLowerCase()].map((c) => c.normalize('NFD').replace(/\p{Mn}/gu, '') || c).join('');

const WORD = /[\p{L}\p{N}\p{M}]+|\p{Extended_Pictographic}/gu;

/** Where every word of `wanted` begins a word of `text`; nothing unless all do. */
const matches = (text: string, wanted: string[]): TextRange[] => {
  const words = [...text.matchAll(WORD)];
  const found = wanted.map((word) => words.filter(([one]) => fold(one).startsWith(word)));
  if (found.some((places) => places.length === 0)) return [];
  const ranges = found.flat().map(({ 0: one, index }) => ({ start: index, end: index + one.length }));
  return ranges.sort((a, b) => a.start - b.start).filter(({ start }, at) => ranges[at - 1]?.start !== start);
};

/** The demo's search: the same answers for whole words, without an index. */
export const searchIn = (
  messages: Iterable<Message>,
  words: string,
  before: number | null,
  limit: number,
): SearchPage => {
  const wanted = [...fold(words).matchAll(WORD)].map(([word]) => word);
  const hits: SearchHit[] = [];
  if (wanted.length === 0) return { hits, hasMore: false, complete: true };
  // The newest first, as ids do not rise from one made-up conversation to the next.
  const all = [...messages].sort((a, b) => b.storedAt - a.storedAt);
  const start = before === null ? 0 : all.findIndex(({ id }) => id === before) + 1;
  for (const message of all.slice(start)) {
    if (message.body.kind !== 'text') continue;
    const { text } = message.body;
    const ranges = matches(text, wanted);
    if (ranges.length === 0) continue;
    const { id, conversation, outgoing, storedAt } = message;
    hits.push({ message: id, conversation, outgoing, storedAt, snippet: { text, matches: ranges } });
    if (hits.length > limit) break;
  }
  return { hits: hits.slice(0, limit), hasMore: hits.length > limit, complete: true };
};
