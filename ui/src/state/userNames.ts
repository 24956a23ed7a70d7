/** A user name, and the relay that knows whose it is; without one it is the user's own relay. */
export interface Sought {
  name: string;
  relay: string | null;
}

/** What was typed, if it has the look of a user name or of `name@relay.example`: worth asking a relay about. */
export const soughtIn = (text: string): Sought | null => {
  const found = /^([a-z0-9][a-z0-9._-]{2,31})(?:@(\S+))?$/i.exec(text.trim());
  return found?.[1] === undefined ? null : { name: found[1], relay: found[2] ?? null };
};

/** A relay as people say it, without what only programs need. */
export const spokenRelay = (relay: string): string => relay.replace(/^wss:\/\//, '').replace(/\/$/, '');
