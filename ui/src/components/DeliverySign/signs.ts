import Check from '@lucide/svelte/icons/check';
import CheckCheck from '@lucide/svelte/icons/check-check';
import CircleAlert from '@lucide/svelte/icons/circle-alert';
import CirclePause from '@lucide/svelte/icons/circle-pause';
import Clock from '@lucide/svelte/icons/clock';
import type { Delivery } from '../../api/generated';
import { m } from '../../paraglide/messages';

interface Sign {
  Icon: typeof Check;
  word: () => string;
  /** What the state means, in a sentence. */
  more: () => string;
}

/** How far a message has come: a sign, a word and a sentence for each state. */
export const signs: Record<Delivery, Sign> = {
  failed: { Icon: CircleAlert, word: m.delivery_failed, more: m.delivery_failed_more },
  blocked: { Icon: CirclePause, word: m.delivery_blocked, more: m.delivery_blocked_more },
  queued: { Icon: Clock, word: m.delivery_queued, more: m.delivery_queued_more },
  sent: { Icon: Check, word: m.delivery_sent, more: m.delivery_sent_more },
  delivered: { Icon: CheckCheck, word: m.delivery_delivered, more: m.delivery_delivered_more },
  read: { Icon: CheckCheck, word: m.delivery_read, more: m.delivery_read_more },
};
