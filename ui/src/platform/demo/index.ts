import { mount } from 'svelte';
import type { Event, Theme } from '../../api/generated';
import { worlds } from '../../fixtures/worlds';
import { isLocale, overwriteGetLocale } from '../../paraglide/runtime';
import { download } from '../download';
import type { Answer, Arguments, Autostart, CommandName, Platform } from '../types';
import { DemoAccount } from './account';
import { bringToLife } from './peers';
import Switcher from './Switcher.svelte';
import { pretendWindowTheme } from './windowTheme';
import { Wishes } from './wishes.svelte';

/** Commands that only show what is there: a failure is about doing something. */
const SHOWING: readonly CommandName[] = [
  'app_state',
  'active',
  'read_recovery_code',
  'connection',
  'conversations',
  'messages',
  'settings',
  'invites',
];

/**
 * The browser's platform: a fixture world behind the same interface.
 *
 * `?world=busy&theme=dark&contrast=more&density=compact&locale=ar&latency=400&failure=disk_full&chrome=off`
 */
export const connect = ({ search }: Location): Platform => {
  const wishes = new Wishes(search);
  const world = worlds[wishes.world]();
  world.settings.theme = wishes.theme;
  const chooseWindowTheme = pretendWindowTheme(wishes.theme);
  const { locale } = wishes;
  if (isLocale(locale)) overwriteGetLocale(() => locale);

  const receivers = new Set<(event: Event) => void>();
  const emit = (event: Event): void => receivers.forEach((receive) => receive(event));
  const account = new DemoAccount(world, emit);
  bringToLife(account, emit);
  exposeEvents(emit);
  if (!wishes.hidesStrip) {
    const ontheme = (theme: Theme): void => {
      account.handlers.update_settings({ settings: { ...world.settings, theme } });
      chooseWindowTheme(theme);
    };
    mount(Switcher, { target: document.body, props: { wishes, ontheme } });
  }

  const call = async <Name extends CommandName>(
    name: Name,
    ...args: Arguments<Name>
  ): Promise<Answer<Name>> => {
    await new Promise((resolve) => setTimeout(resolve, wishes.latency));
    if (wishes.failure && !SHOWING.includes(name)) throw { code: wishes.failure, message: '' };
    return account.handlers[name](args[0] as never) as Answer<Name>;
  };
  return {
    call,
    openLink: (url) => Promise.resolve(void window.open(url, '_blank', 'noopener,noreferrer')),
    zoom: (factor) => Promise.resolve(document.documentElement.style.setProperty('zoom', `${factor}`)),
    save: (made, name) => Promise.resolve(download(made, name)).then(() => null),
    autostart: pretendedAutostart(),
    hearsOfSleep: true,
    listen: (receive) => {
      receivers.add(receive);
      return Promise.resolve(() => void receivers.delete(receive));
    },
  };
};

const pretendedAutostart = (): Autostart => {
  let isOn = false;
  return { isOn: () => Promise.resolve(isOn), set: (on) => Promise.resolve(void (isOn = on)) };
};

/** Lets a story, or a designer in the console, deliver any event: `sotto({ kind: 'resync' })`. */
const exposeEvents = (emit: (event: Event) => void): void => {
  Object.defineProperty(window, 'sotto', { value: emit });
};
