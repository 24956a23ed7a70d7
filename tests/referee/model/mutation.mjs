// Damage to bytes, of every kind a line or an enemy does.

const KINDS = { flip: 8, byte: 3, cut: 3, extend: 2, remove: 1, insert: 1, splice: 1, empty: 0.2, noise: 0.3 };

/** `text` (hex) damaged; `other` is a text of the same kind to splice with. */
export function damaged(random, text, other = text) {
  const buffer = Buffer.from(text, 'hex');
  const at = random.below(buffer.length);
  switch (random.weighted(KINDS)) {
    case 'flip':
      buffer[at] ^= 1 << random.below(8);
      return buffer.toString('hex');
    case 'byte':
      buffer[at] = random.pick([0x00, 0xff, 0x7f, 0x80, random.below(256)]);
      return buffer.toString('hex');
    case 'cut':
      return text.slice(0, 2 * at);
    case 'extend':
      return text + random.bytes(random.between(1, 20));
    case 'remove':
      return text.slice(0, 2 * at) + text.slice(2 * (at + random.between(1, 8)));
    case 'insert':
      return text.slice(0, 2 * at) + random.bytes(random.between(1, 8)) + text.slice(2 * at);
    case 'splice':
      return text.slice(0, 2 * at) + other.slice(2 * at);
    case 'empty':
      return '';
    case 'noise':
      return random.bytes(random.below(200));
  }
}
