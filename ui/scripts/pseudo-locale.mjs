// Writes messages/en-XA.json: the English messages with every letter accented and a third longer, so that text which is
// not translated, and layouts that only fit English, show at a glance.
import { readFile, writeFile } from 'node:fs/promises';

const folder = new URL('../messages/', import.meta.url);
const plain = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
const accented = 'áƀçđéƒǧħíĵķłɱñóƥɋřšťúṽŵẋýžÁƁÇĐÉƑǦĦÍĴĶŁṀÑÓƤɊŘŠŤÚṼŴẊÝŽ';
const accents = new Map([...plain].map((letter, at) => [letter, [...accented][at]]));

const pseudo = (text) => {
  const words = text.split(/(\{[^}]*\})/);
  const letters = words
    .map((part) => (part.startsWith('{') ? part : [...part].map((c) => accents.get(c) ?? c).join('')))
    .join('');
  return `[${letters}${'·'.repeat(Math.ceil(text.length / 3))}]`;
};

const convert = (value) => {
  if (typeof value === 'string') return pseudo(value);
  return value.map((variant) => ({
    ...variant,
    match: Object.fromEntries(Object.entries(variant.match).map(([when, text]) => [when, pseudo(text)])),
  }));
};

const english = JSON.parse(await readFile(new URL('en.json', folder), 'utf8'));
const result = Object.fromEntries(
  Object.entries(english).map(([key, value]) => [key, key.startsWith('$') ? value : convert(value)]),
);
await writeFile(new URL('en-XA.json', folder), `${JSON.stringify(result, null, 2)}\n`);
