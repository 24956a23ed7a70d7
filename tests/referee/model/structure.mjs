// Damage that knows the format: what no line does and an enemy may. Written from `signal-protocol.md` sections
// 10 and 11, and `sender-keys.md`.

/** Points of small order, numbers above the prime, and keys of other lengths and types: each may stand for a key. */
const KEYS = [
  '',
  '05',
  `05${'00'.repeat(32)}`,
  `0501${'00'.repeat(31)}`,
  `05e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800`,
  `05ec${'ff'.repeat(30)}7f`,
  `05f6${'ff'.repeat(30)}7f`,
  `05${'ff'.repeat(32)}`,
  `0502${'00'.repeat(31)}`,
  `04${'09'.repeat(32)}`,
  `05${'09'.repeat(31)}`,
].map((key) => Buffer.from(key, 'hex'));

const NUMBERS = [0, 1, 0x7fffffff, 0xffffffff, 2 ** 32, 2 ** 32 + 1];
const VERSIONS = [0x00, 0x14, 0x24, 0x33, 0x34, 0x43, 0x4f, 0x54, 0xf4];

/** What the formats are made of: the length of what is behind the fields, and which of these are public keys. */
const SIGNAL = { tail: 8, keys: [1] };
const PREKEY_SIGNAL = { tail: 0, keys: [2, 3] };
export const SENDER_KEY = { tail: 64, keys: [] };
export const DISTRIBUTION = { tail: 0, keys: [5] };

/** The message of type 2 or 3 with a part of it taken away, doubled, replaced or moved; `other` has parts to take. */
export function restructured(random, message, other) {
  const buffer = Buffer.from(message.message, 'hex');
  const parts = other.type === message.type ? Buffer.from(other.message, 'hex') : buffer;
  const changed = message.type === 3 ? prekey(random, buffer, parts) : part(random, buffer, parts, SIGNAL);
  return { type: message.type, message: changed.toString('hex') };
}

/** The same for the hex string of a message of another format. */
export function restructuredText(random, text, other, format) {
  return part(random, Buffer.from(text, 'hex'), Buffer.from(other, 'hex'), format).toString('hex');
}

function prekey(random, buffer, other) {
  if (random.chance(0.7)) return part(random, buffer, other, PREKEY_SIGNAL);
  const fields = read(buffer.subarray(1));
  const inner = fields.find(({ number }) => number === 4);
  inner.value = part(random, inner.value, inner.value, SIGNAL);
  return Buffer.concat([buffer.subarray(0, 1), write(fields)]);
}

function part(random, buffer, other, { tail, keys }) {
  const end = buffer.length - tail;
  const fields = read(buffer.subarray(1, end));
  const theirs = read(other.subarray(1, other.length - tail));
  return Buffer.concat([changed(random, buffer.subarray(0, 1), fields, theirs, keys), buffer.subarray(end)]);
}

function changed(random, version, fields, theirs, keys) {
  const at = random.below(fields.length);
  const field = fields[at];
  switch (random.pick(['drop', 'double', 'exchange', 'replace', 'replace', 'replace', 'move', 'unknown', 'wire', 'version'])) {
    case 'drop':
      fields.splice(at, 1);
      if (random.chance(0.3)) fields.splice(random.below(fields.length), 1);
      break;
    case 'double':
      fields.splice(random.below(fields.length + 1), 0, { ...field, value: replacement(random, field, keys) });
      break;
    case 'exchange':
      fields[at] = theirs.find(({ number }) => number === field.number) ?? field;
      break;
    case 'replace':
      field.value = replacement(random, field, keys);
      if (random.chance(0.3)) {
        const second = random.pick(fields);
        second.value = replacement(random, second, keys);
      }
      break;
    case 'move':
      fields.splice(random.below(fields.length), 0, ...fields.splice(at, 1));
      break;
    case 'unknown':
      fields.push({ number: random.between(9, 40), value: random.chance(0.5) ? random.below(1000) : field.value });
      break;
    case 'wire':
      field.value = typeof field.value === 'number' ? Buffer.from([field.value & 0x7f]) : field.value.length;
      break;
    case 'version':
      return Buffer.concat([Buffer.from([random.pick(VERSIONS)]), write(fields)]);
  }
  return Buffer.concat([version, write(fields)]);
}

function replacement(random, { number, value }, keys) {
  if (typeof value === 'number') return random.pick([...NUMBERS, value + 1, value + 2 ** 32]);
  if (keys.includes(number) && random.chance(0.7)) return random.pick(KEYS);
  const copy = Buffer.from(value);
  switch (random.below(5)) {
    case 0:
      return copy.subarray(0, random.below(copy.length + 1));
    case 1:
      return Buffer.concat([copy, Buffer.from(random.bytes(random.between(1, 3)), 'hex')]);
    case 2:
      return Buffer.alloc(copy.length, random.pick([0x00, 0xff]));
    case 3:
      if (copy.length > 0) copy[copy.length - 1] ^= 0x80;
      return copy;
    default:
      if (copy.length > 0) copy[0] = random.below(256);
      return copy;
  }
}

/** The fields of a protobuf message of varints and byte strings, in their order. */
function read(buffer) {
  const found = [];
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = buffer[at];
      at += 1;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
  };
  while (at < buffer.length) {
    const tag = varint();
    const number = Math.floor(tag / 8);
    if (tag % 8 === 0) {
      found.push({ number, value: varint() });
    } else {
      const length = varint();
      found.push({ number, value: buffer.subarray(at, at + length) });
      at += length;
    }
  }
  return found;
}

function write(fields) {
  return Buffer.concat(
    fields.flatMap(({ number, value }) =>
      typeof value === 'number'
        ? [encoded(number * 8), encoded(value)]
        : [encoded(number * 8 + 2), encoded(value.length), value],
    ),
  );
}

function encoded(number) {
  const bytes = [];
  for (; number > 0x7f; number = Math.floor(number / 128)) bytes.push((number % 128) | 0x80);
  return Buffer.from([...bytes, number]);
}
