import { m } from '../paraglide/messages';
import { isolate } from './isolate';

/** Where something was saved, in words; null: the machine does not tell. */
export const savedText = (file: string | null): string =>
  file === null ? m.saved_in_downloads() : m.saved_as({ file: isolate(file) });
