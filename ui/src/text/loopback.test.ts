import { expect, test } from 'vitest';
import { isLoopback } from './loopback';

test.each([
  'ws://127.0.0.1:9800',
  'ws://127.3.2.1',
  'ws://[::1]:9800/',
  'ws://localhost:80',
  'wss://sotto.localhost',
])('%s is on this computer', (relay) => {
  expect(isLoopback(relay)).toBe(true);
});

test.each([
  'wss://relay.example.org',
  'ws://192.168.0.7:9800',
  'wss://127.example.org',
  'wss://notlocalhost',
  '',
])('%s is not known to be', (relay) => {
  expect(isLoopback(relay)).toBe(false);
});
