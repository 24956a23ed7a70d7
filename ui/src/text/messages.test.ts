import { expect, test } from 'vitest';
import arabic from '../../messages/ar.json';
import german from '../../messages/de.json';
import pseudo from '../../messages/en-XA.json';
import english from '../../messages/en.json';

const placeholders = (value: unknown): string[] =>
  [...new Set(JSON.stringify(value).match(/\{[a-z]+\}/gi) ?? [])].sort();

const translations: Record<string, Record<string, unknown>> = { ar: arabic, de: german, 'en-XA': pseudo };

for (const [locale, translated] of Object.entries(translations)) {
  test(`${locale} has every message, and no other`, () => {
    expect(Object.keys(translated).sort()).toEqual(Object.keys(english).sort());
  });

  test(`${locale} fills in the same values as English`, () => {
    for (const [key, value] of Object.entries(english)) {
      expect(placeholders(translated[key]), key).toEqual(placeholders(value));
    }
  });
}
