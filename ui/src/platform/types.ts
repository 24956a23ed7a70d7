import type { Commands, Event } from '../api/generated';

export type CommandName = keyof Commands;

/** What a command takes: nothing when its `args` are `null`. */
export type Arguments<Name extends CommandName> = Commands[Name]['args'] extends null
  ? []
  : [args: Commands[Name]['args']];

export type Answer<Name extends CommandName> = Commands[Name]['answer'];

/** Starting with the session, as the system has it. */
export interface Autostart {
  isOn(): Promise<boolean>;
  set(on: boolean): Promise<void>;
}

/** The whole of what the UI asks of the machine it runs on. */
export interface Platform {
  /** Runs a command. A refusal is thrown as an `ApiError`. */
  call<Name extends CommandName>(name: Name, ...args: Arguments<Name>): Promise<Answer<Name>>;
  /** Delivers every event from now on, in order, until the returned function is called. */
  listen(receive: (event: Event) => void): Promise<() => void>;
  /** Hands a web address to the system's browser; null where there is no way to. */
  readonly openLink: ((url: string) => Promise<void>) | null;
  /** Shows the page so many times as large; null where the machine does that by itself. */
  readonly zoom: ((factor: number) => Promise<void>) | null;
  /** Saves what the page has made where downloads go; answers the file's path, or null where it is not told. */
  save(made: Blob, name: string): Promise<string | null>;
  /** Whether the app starts with the session; null where it cannot. */
  readonly autostart: Autostart | null;
  /** Whether the app hears when the machine goes to sleep or its screen is locked. */
  readonly hearsOfSleep: boolean;
}
