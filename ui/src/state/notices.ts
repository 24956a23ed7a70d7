import type { Notice } from '../api/generated';
import { m } from '../paraglide/messages';
import { named } from '../text/isolate';
import { lifetimeText } from '../text/lifetime';

const texts: Record<Notice, (values: { name: string }) => string> = {
  joinedByInvite: m.notice_joined,
  metByInvite: m.notice_met,
  identityKeyChanged: m.notice_key_changed,
  identityKeyAccepted: m.notice_key_accepted,
  markedVerified: m.notice_verified,
  markedNotVerified: m.notice_not_verified,
  undecryptable: m.notice_undecryptable,
  inviteDeclined: m.notice_invite_declined,
  comparisonDiffered: m.notice_comparison_differed,
  foundByUserName: m.notice_found,
  editUndelivered: m.notice_edit_undelivered,
  deletionUndelivered: m.notice_deletion_undelivered,
};

const WARNINGS: readonly Notice[] = [
  'identityKeyChanged',
  'inviteDeclined',
  'comparisonDiffered',
  'editUndelivered',
  'deletionUndelivered',
];

/** A line of a conversation's own history, in words. */
export const noticeText = (notice: Notice, name: string): string => texts[notice](named(name));

/** Whether the line is about something the user should look at. */
export const isWarning = (notice: Notice): boolean => WARNINGS.includes(notice);

/** Whether the line is about a beginning, when it is to be made sure who somebody is. */
export const isArrival = (notice: Notice): boolean =>
  notice === 'joinedByInvite' || notice === 'metByInvite' || notice === 'foundByUserName';

/** That somebody set how long messages are kept, in words. */
export const timerText = (outgoing: boolean, lifetime: number | null, name: string): string => {
  if (lifetime === null)
    return outgoing ? m.notice_timer_off_yours() : m.notice_timer_off_theirs(named(name));
  const time = lifetimeText(lifetime);
  return outgoing ? m.notice_timer_yours({ time }) : m.notice_timer_theirs({ ...named(name), time });
};
