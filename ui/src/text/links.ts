import { LinkifyIt } from 'linkify-it';

/** What makes a link worth a second look before it is opened. */
export type LinkDoubt = 'lookalike' | 'credentials' | 'unencrypted' | 'number';

/** A web address found in a text. */
export interface Link {
  /** The whole address as the browser will read it: the host in ASCII, whatever letters it was written in. */
  url: string;
  /** Where it really leads. */
  host: string;
  /** The host as it was written, when that is not how it is read. */
  writtenHost: string | null;
  doubts: LinkDoubt[];
}

export type TextPart = { kind: 'text'; text: string } | { kind: 'link'; text: string; link: Link };

// Only what says that it is a web address. Without the scheme, `notes.md` would be a shop in Moldova.
const finder = new LinkifyIt({ urlAuth: true, fuzzyEmail: false })
  .add('ftp:', null)
  .add('mailto:', null)
  .add('//', null);

/** A text cut into plain stretches and links, in order. Put together, what is shown is the text. */
export const partsOf = (text: string): TextPart[] => {
  const parts: TextPart[] = [];
  let end = 0;
  const plain = (to: number): void => {
    if (to > end) parts.push({ kind: 'text', text: text.slice(end, to) });
  };
  for (const { raw, index, lastIndex } of finder.match(text) ?? []) {
    const link = linkOf(raw);
    if (!link) continue;
    plain(index);
    parts.push({ kind: 'link', text: link.writtenHost === null ? raw : link.url, link });
    end = lastIndex;
  }
  plain(text.length);
  return parts;
};

/** What an address written in a text leads to; null when a browser could not go there. */
export const linkOf = (written: string): Link | null => {
  if (!URL.canParse(written)) return null;
  const url = new URL(written);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return null;
  const writtenHost = hostAsWritten(written);
  const differs = /[^\x20-\x7e]/.test(writtenHost);
  const doubts: LinkDoubt[] = [];
  // Cyrillic а and Latin a look the same: a name in other letters is shown as machines spell it (xn--…).
  if (differs || /(^|\.)xn--/.test(url.hostname)) doubts.push('lookalike');
  if (url.username !== '' || url.password !== '') doubts.push('credentials');
  if (url.protocol === 'http:') doubts.push('unencrypted');
  if (/^[\d.]+$/.test(url.hostname) || url.hostname.startsWith('[')) doubts.push('number');
  return { url: url.href, host: url.host, writtenHost: differs ? writtenHost : null, doubts };
};

const hostAsWritten = (written: string): string => {
  const [authority = ''] = written.replace(/^[a-z]+:\/\//i, '').split(/[/?#\\]/);
  return authority.slice(authority.lastIndexOf('@') + 1);
};
