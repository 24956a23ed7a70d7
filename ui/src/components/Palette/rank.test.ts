import { expect, test } from 'vitest';
import { ranked } from './rank';

const people = ['Maya Okonkwo', 'Omar Haddad', 'José Martín', 'Bob Lindqvist'].map((text) => ({ text }));
const found = (typed: string): string[] => ranked(people, typed).map(({ text }) => text);

test('nothing typed shows everybody in order', () => {
  expect(found('  ')).toEqual(people.map(({ text }) => text));
});

test('names that begin with what was typed come before names that hold it', () => {
  expect(found('ma')).toEqual(['Maya Okonkwo', 'José Martín', 'Omar Haddad']);
});

test('capitals and accents do not matter', () => {
  expect(found('JOSE mar')).toEqual(['José Martín']);
});

test('an address finds its person, after those whose name it is', () => {
  const entries = [{ text: 'Rosa', also: 'bob@relay.example.org' }, { text: 'Bob Lindqvist' }];
  expect(ranked(entries, 'bob').map(({ text }) => text)).toEqual(['Bob Lindqvist', 'Rosa']);
});

test('a letter or two do not find addresses', () => {
  expect(ranked([{ text: 'Rosa', also: 'b0b@relay.example.org' }], 'b')).toEqual([]);
});
