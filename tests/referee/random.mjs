// Everything a run decides comes from here, so that a seed replays it.

/** A seeded generator (sfc32, seeded through splitmix32). Not for keys. */
export class Random {
  #state;

  constructor(seed) {
    let mixed = seed >>> 0;
    const next = () => {
      mixed = (mixed + 0x9e3779b9) >>> 0;
      let word = mixed ^ (mixed >>> 16);
      word = Math.imul(word, 0x21f0aaad);
      word = Math.imul(word ^ (word >>> 15), 0x735a2d97);
      return (word ^ (word >>> 15)) >>> 0;
    };
    this.#state = [next(), next(), next(), 1];
    for (let round = 0; round < 12; round += 1) this.word();
  }

  /** A generator of its own for a part of the run, so that a change in one part leaves the others as they are. */
  fork(label) {
    let seed = this.word();
    for (const character of label) seed = Math.imul(seed ^ character.codePointAt(0), 0x01000193) >>> 0;
    return new Random(seed);
  }

  /** 32 random bits. */
  word() {
    const [a, b, c, counter] = this.#state;
    const sum = (a + b + counter) >>> 0;
    this.#state = [
      (b ^ (b >>> 9)) >>> 0,
      (c + (c << 3)) >>> 0,
      (((c << 21) | (c >>> 11)) + sum) >>> 0,
      (counter + 1) >>> 0,
    ];
    return sum;
  }

  /** A whole number from 0 to `bound` - 1. */
  below(bound) {
    return Math.floor((this.word() / 2 ** 32) * bound);
  }

  /** A whole number from `low` to `high`, both included. */
  between(low, high) {
    return low + this.below(high - low + 1);
  }

  /** True with this probability. */
  chance(probability) {
    return this.word() / 2 ** 32 < probability;
  }

  /** One of the items. */
  pick(items) {
    return items[this.below(items.length)];
  }

  /** One of the keys of `weights`, each as likely as its value says. */
  weighted(weights) {
    const total = Object.values(weights).reduce((sum, weight) => sum + weight, 0);
    let at = (this.word() / 2 ** 32) * total;
    for (const [key, weight] of Object.entries(weights)) {
      at -= weight;
      if (at < 0) return key;
    }
    return Object.keys(weights).at(-1);
  }

  /** The items in random order. */
  shuffled(items) {
    const result = [...items];
    for (let left = result.length; left > 1; left -= 1) {
      const other = this.below(left);
      [result[left - 1], result[other]] = [result[other], result[left - 1]];
    }
    return result;
  }

  /** Random bytes, in hex. */
  bytes(length) {
    return Array.from({ length }, () => this.below(256).toString(16).padStart(2, '0')).join('');
  }

  /** A random UUID. */
  uuid() {
    const hex = this.bytes(16);
    const variant = '89ab'[this.below(4)];
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`;
  }
}
