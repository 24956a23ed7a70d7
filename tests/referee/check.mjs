// What a story says when something is not as it must be.

/** Something is not as it must be: a disagreement, until shown otherwise, of ours. */
export class Disagreement extends Error {}

/** The JSON of a value, whatever the order of its keys. */
const json = (value) =>
  JSON.stringify(value, (_, part) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([one], [other]) => (one < other ? -1 : 1)))
      : part,
  );

/** Fails unless both values are the same, compared by their JSON. */
export function same(found, expected, about) {
  const [left, right] = [json(found), json(expected)];
  if (left !== right) throw new Disagreement(`${about}: found ${left}, expected ${right}`);
}

/** Fails unless the condition holds. */
export function holds(condition, about) {
  if (!condition) throw new Disagreement(about);
}
