import { mount } from 'svelte';
import type { Event } from '../../api/generated';
import { isWorldName, worlds } from '../../fixtures/worlds';
import { isLocale, overwriteGetLocale } from '../../paraglide/runtime';
import type { Answer, Arguments, CommandName, Platform } from '../types';
import { DemoAccount } from './account';
import { bringToLife } from './peers';
import Switcher from './Switcher.svelte';

/**
 * The browser's platform: a fixture world behind the same interface.
 *
 * `?world=busy&theme=dark&locale=ar&latency=400&chrome=off`
 */
export const connect = ({ search }: Location): Platform => {
  const wishes = new URLSearchParams(search);
  const name = wishes.get('world');
  const world = worlds[isWorldName(name) ? name : 'busy']();
  const theme = wishes.get('theme');
  if (theme === 'light' || theme === 'dark') world.settings.theme = theme;
  const locale = wishes.get('locale') ?? (name === 'right-to-left' ? 'ar' : null);
  if (isLocale(locale)) overwriteGetLocale(() => locale);
  if (wishes.get('chrome') !== 'off') mount(Switcher, { target: document.body });

  const latency = Number(wishes.get('latency') ?? 30);
  const receivers = new Set<(event: Event) => void>();
  const emit = (event: Event): void => receivers.forEach((receive) => receive(event));
  const account = new DemoAccount(world, emit);
  bringToLife(account, emit);
  exposeEvents(emit);

  const call = async <Name extends CommandName>(
    name: Name,
    ...args: Arguments<Name>
  ): Promise<Answer<Name>> => {
    await new Promise((resolve) => setTimeout(resolve, latency));
    return account.handlers[name](args[0] as never) as Answer<Name>;
  };
  return {
    call,
    listen: (receive) => {
      receivers.add(receive);
      return Promise.resolve(() => void receivers.delete(receive));
    },
  };
};

/** Lets a story, or a designer in the console, deliver any event: `sotto({ kind: 'resync' })`. */
const exposeEvents = (emit: (event: Event) => void): void => {
  Object.defineProperty(window, 'sotto', { value: emit });
};
