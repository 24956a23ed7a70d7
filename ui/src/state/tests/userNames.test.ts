import { expect, test } from 'vitest';
import { soughtIn, spokenRelay } from '../userNames';

test('a user name is known by its looks, with and without its relay', () => {
  expect(soughtIn(' Maya.o ')).toEqual({ name: 'Maya.o', relay: null });
  expect(soughtIn('maya@relay.example.org:8443')).toEqual({ name: 'maya', relay: 'relay.example.org:8443' });
  for (const other of ['', 'ma', '.maya', 'maya okonkwo', 'maya@', 'sotto:invite/1#abc', 'x'.repeat(33)]) {
    expect(soughtIn(other)).toBeNull();
  }
});

test('a relay is said without what only programs need', () => {
  expect(spokenRelay('wss://relay.example.org/')).toBe('relay.example.org');
  expect(spokenRelay('ws://127.0.0.1:9800')).toBe('ws://127.0.0.1:9800');
});
