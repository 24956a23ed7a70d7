// Looks at messages on the wire: what the model must know about one, and where its parts are.
// Written from `signal-protocol.md` sections 10 and 11 and `spqr.md` section 7.

/** Reads a varint at `at`; its value and where it ends. */
function varint(buffer, at) {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = buffer[at];
    at += 1;
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return [value, at];
  }
}

/** The fields of a protobuf message of varints and byte strings: number to `{ value }` or `{ start, end }`. */
function fields(buffer, start, end) {
  const found = new Map();
  let at = start;
  while (at < end) {
    const [tag, after] = varint(buffer, at);
    const number = tag >> 3;
    if ((tag & 7) === 0) {
      const [value, next] = varint(buffer, after);
      found.set(number, { value });
      at = next;
    } else {
      const [length, content] = varint(buffer, after);
      found.set(number, { start: content, end: content + length });
      at = content + length;
    }
  }
  return found;
}

const MAC_LENGTH = 8;

/** A message of type 2 or 3, read. `inner` is where its `SignalMessage` is. */
export function read({ type, message }) {
  const buffer = Buffer.from(message, 'hex');
  let inner = { start: 0, end: buffer.length };
  if (type === 3) inner = fields(buffer, 1, buffer.length).get(4);
  const found = fields(buffer, inner.start + 1, inner.end - MAC_LENGTH);
  const part = (number) => buffer.subarray(found.get(number).start, found.get(number).end);
  const postQuantum = part(5);
  const [braidEpoch, afterEpoch] = varint(postQuantum, 1);
  const [keyIndex] = varint(postQuantum, afterEpoch);
  return {
    inner,
    body: found.get(4),
    ratchetKey: part(1).toString('hex'),
    counter: found.get(2).value,
    // A message's key comes from the chains of the epoch before the one that is being exchanged.
    keyEpoch: braidEpoch - 1,
    keyIndex,
  };
}

/** The message with one bit of its body or MAC changed, which nobody but the MAC notices. */
export function forged(message, random) {
  const buffer = Buffer.from(message.message, 'hex');
  const { inner, body } = read(message);
  const places = [body, { start: inner.end - MAC_LENGTH, end: inner.end }];
  const { start, end } = random.pick(places);
  buffer[random.between(start, end - 1)] ^= 1 << random.below(8);
  return { type: message.type, message: buffer.toString('hex') };
}

/** A sealed message of version 1 or 2 with one bit of its last tag changed. */
export function forgedSeal(sealed, random) {
  const buffer = Buffer.from(sealed, 'hex');
  buffer[buffer.length - 1 - random.below(10)] ^= 1 << random.below(8);
  return buffer.toString('hex');
}
