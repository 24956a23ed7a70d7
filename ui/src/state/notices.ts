import type { Notice } from '../api/generated';
import { m } from '../paraglide/messages';
import { named } from '../text/isolate';

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
};

/** A line of a conversation's own history, in words. */
export const noticeText = (notice: Notice, name: string): string => texts[notice](named(name));

/** Whether the line is about something the user should look at. */
export const isWarning = (notice: Notice): boolean =>
  notice === 'identityKeyChanged' || notice === 'inviteDeclined' || notice === 'comparisonDiffered';
