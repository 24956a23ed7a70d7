import type { ApiError, ErrorCode } from '../api/generated';
import { m } from '../paraglide/messages';

/** The sentence for each code. Complete by type: a new code does not compile without one. */
const sentences: Record<ErrorCode, () => string> = {
  invalid_input: m.error_invalid_input,
  not_ready: m.error_not_ready,
  invalid_relay_address: m.error_invalid_relay_address,
  relay_unreachable: m.error_relay_unreachable,
  relay_incompatible: m.error_relay_incompatible,
  relay_refused: m.error_relay_refused,
  relay_busy: m.error_relay_busy,
  relay_closed: m.error_relay_closed,
  relay_invite_required: m.error_relay_invite_required,
  relay_invite_wrong: m.error_relay_invite_wrong,
  relay_account_unknown: m.error_relay_account_unknown,
  relay_name_wrong: m.error_relay_name_wrong,
  relay_open_elsewhere: m.error_relay_open_elsewhere,
  account_moved: m.error_account_moved,
  invalid_user_name: m.error_invalid_user_name,
  user_name_taken: m.error_user_name_taken,
  user_name_unknown: m.error_user_name_unknown,
  user_name_is_own: m.error_user_name_is_own,
  contact_not_ready: m.error_contact_not_ready,
  keychain_unavailable: m.error_keychain_unavailable,
  keychain_locked: m.error_keychain_locked,
  keychain_entry_missing: m.error_keychain_entry_missing,
  keychain_entry_left: m.error_keychain_entry_left,
  wrong_passphrase: m.error_wrong_passphrase,
  weak_passphrase: m.error_weak_passphrase,
  passphrase_needed: m.error_passphrase_needed,
  mistyped_recovery_code: m.error_mistyped_recovery_code,
  wrong_recovery_code: m.error_wrong_recovery_code,
  last_way_in: m.error_last_way_in,
  database_corrupted: m.error_database_corrupted,
  database_too_new: m.error_database_too_new,
  not_a_backup: m.error_not_a_backup,
  backup_too_new: m.error_backup_too_new,
  backup_damaged: m.error_backup_damaged,
  disk_full: m.error_disk_full,
  invalid_invite: m.error_invalid_invite,
  invite_spent: m.error_invite_spent,
  invite_identity_mismatch: m.error_invite_identity_mismatch,
  invite_is_own: m.error_invite_is_own,
  identity_key_changed: m.error_identity_key_changed,
  not_found: m.error_not_found,
  too_late: m.error_too_late,
  internal: m.error_internal,
};

/** Every code there is. */
export const errorCodes = Object.keys(sentences) as ErrorCode[];

const isKnown = (code: unknown): code is ErrorCode => typeof code === 'string' && code in sentences;

/** What was thrown, as an error with a code; whatever is not one of ours is `internal`. */
export const toApiError = (thrown: unknown): ApiError => {
  if (typeof thrown === 'object' && thrown !== null && 'code' in thrown && isKnown(thrown.code)) {
    const message = 'message' in thrown && typeof thrown.message === 'string' ? thrown.message : '';
    return { code: thrown.code, message };
  }
  return { code: 'internal', message: '' };
};

/** The sentence to show for a code, in the user's language. */
export const sentenceFor = (code: ErrorCode): string => sentences[code]();
