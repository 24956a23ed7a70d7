import { expect, test } from 'vitest';
import { MachineStore } from '../machine.svelte';
import { TestPlatform } from './platform';

test('a system that refuses to start Sotto with the session is believed', async () => {
  const platform = new TestPlatform({});
  platform.autostart = { isOn: () => Promise.resolve(false), set: () => Promise.reject(new Error('no')) };
  const machine = new MachineStore(platform);
  await machine.load();
  expect(machine.startsWithSession).toBe(false);
  await expect(machine.startWithSession(true)).rejects.toThrow();
  expect(machine.startsWithSession).toBe(false);
});

test('where the machine can do neither, neither is offered', async () => {
  const machine = new MachineStore(new TestPlatform({}));
  await machine.load();
  expect([machine.startsWithSession, machine.canZoom]).toEqual([null, false]);
});

test('the page is told its size when that is another one', async () => {
  const told: number[] = [];
  const platform = new TestPlatform({});
  platform.zoom = (factor) => Promise.resolve(void told.push(factor));
  const machine = new MachineStore(platform);
  for (const factor of [1, 1.1, 1.1, 1]) await machine.zoom(factor);
  expect(told).toEqual([1.1, 1]);
});
