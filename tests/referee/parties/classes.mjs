// The official library's errors, as classes of the specification (`signal-protocol.md`, section 19).

import { ErrorCode, LibSignalErrorBase } from '@signalapp/libsignal-client';

import { Refused } from './outcome.mjs';

/** Errors that have a code of their own. */
const BY_CODE = new Map([
  [ErrorCode.DuplicatedMessage, 'duplicate'],
  [ErrorCode.UntrustedIdentity, 'untrusted_identity'],
  [ErrorCode.SealedSenderSelfSend, 'invalid_message'],
]);

/** The rest says only in words what happened. */
const BY_MESSAGE = [
  [/session with .* not found|no current session|missing sender key state/, 'no_session'],
  [/signature validation failed|invalid signature/, 'bad_signature'],
  [/invalid key agreement/, 'invalid_agreement'],
  [/bad (KEM )?key (type|length)|no key type identifier|bad KEM (key|ciphertext) (type|length)/, 'malformed'],
  [/protobuf encoding was invalid|Message was empty|unknown sealed sender message version|too short|was too old|was unrecognized/, 'malformed'],
  [/^invalid .*message|message decryption failed/, 'invalid_message'],
];

/** Runs an operation of the library and turns its errors into `Refused`. An error of no known class is passed on. */
export async function judged(operation) {
  try {
    return await operation();
  } catch (error) {
    throw refusal(error);
  }
}

function refusal(error) {
  if (!(error instanceof LibSignalErrorBase)) return error;
  // What our stores refuse comes back as text.
  const ofStore = /Refused: (\w+): /.exec(error.message);
  if (ofStore) return new Refused(ofStore[1], error.message);
  const code =
    BY_CODE.get(error.code) ?? BY_MESSAGE.find(([pattern]) => pattern.test(error.message))?.[1];
  return code ? new Refused(code, error.message) : error;
}
