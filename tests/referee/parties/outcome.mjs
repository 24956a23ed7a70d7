// How an operation ended: `{ ok: result }` or `{ error: class }`.

/** An operation that a party refused. `code` is one of the classes of the specification. */
export class Refused extends Error {
  constructor(code, message) {
    super(`${code}: ${message}`);
    this.name = 'Refused';
    this.code = code;
  }
}

/** The caller's own mistake: never an outcome, always a fault of the referee. */
export const BAD_REQUEST = 'bad_request';

/** Waits for an operation and says how it ended. Anything but a refusal is passed on. */
export async function outcome(operation) {
  try {
    return { ok: await operation };
  } catch (error) {
    if (error instanceof Refused && error.code !== BAD_REQUEST) return { error: error.code };
    throw error;
  }
}
