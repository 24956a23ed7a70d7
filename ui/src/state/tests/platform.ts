import type { Commands, Event } from '../../api/generated';
import type { Platform } from '../../platform';
import type { CommandName } from '../../platform/types';

type Answers = { [Name in CommandName]?: (args: Commands[Name]['args']) => Commands[Name]['answer'] };

/** A platform that answers what a test tells it to, and remembers what it was asked. */
export class TestPlatform implements Platform {
  readonly asked: { name: CommandName; args: unknown }[] = [];
  emit: (event: Event) => void = () => undefined;
  readonly #answers: Answers;

  constructor(answers: Answers) {
    this.#answers = answers;
  }

  call: Platform['call'] = async (name, ...args) => {
    this.asked.push({ name, args: args[0] });
    const answer = this.#answers[name];
    if (!answer) throw { code: 'internal', message: `the test did not expect ${name}` };
    return answer(args[0] as never) as never;
  };

  openLink = null;
  zoom: Platform['zoom'] = null;
  save: Platform['save'] = () => Promise.resolve(null);
  autostart: Platform['autostart'] = null;
  hearsOfSleep = false;

  listen: Platform['listen'] = (receive) => {
    this.emit = receive;
    return Promise.resolve(() => undefined);
  };
}
