import type { ErrorCode } from '../api/generated';
import { m } from '../paraglide/messages';

export interface TroubleWords {
  title: () => string;
  text: () => string;
  /** Whether another slot of the vault would help. */
  isAboutKeychain: boolean;
}

const words: Partial<Record<ErrorCode, TroubleWords>> = {
  database_corrupted: {
    title: m.trouble_corrupted_title,
    text: m.trouble_corrupted_text,
    isAboutKeychain: false,
  },
  database_too_new: { title: m.trouble_too_new_title, text: m.trouble_too_new_text, isAboutKeychain: false },
  disk_full: { title: m.trouble_disk_full_title, text: m.trouble_disk_full_text, isAboutKeychain: false },
  keychain_locked: { title: m.trouble_locked_title, text: m.trouble_locked_text, isAboutKeychain: true },
  keychain_unavailable: {
    title: m.trouble_no_keychain_title,
    text: m.trouble_no_keychain_text,
    isAboutKeychain: true,
  },
  keychain_entry_missing: {
    title: m.trouble_missing_title,
    text: m.trouble_missing_text,
    isAboutKeychain: true,
  },
};

const other: TroubleWords = {
  title: m.trouble_other_title,
  text: m.trouble_other_text,
  isAboutKeychain: false,
};

/** What to say when the account cannot be opened for this reason. */
export const wordsFor = (code: ErrorCode): TroubleWords => words[code] ?? other;
