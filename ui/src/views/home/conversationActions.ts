import Ban from '@lucide/svelte/icons/ban';
import Bell from '@lucide/svelte/icons/bell';
import BellOff from '@lucide/svelte/icons/bell-off';
import PencilLine from '@lucide/svelte/icons/pencil-line';
import Search from '@lucide/svelte/icons/search';
import ShieldCheck from '@lucide/svelte/icons/shield-check';
import Timer from '@lucide/svelte/icons/timer';
import Workflow from '@lucide/svelte/icons/workflow';
import type { Contact, Conversation } from '../../api/generated';
import { m } from '../../paraglide/messages';
import type { Stores } from '../../state/stores.svelte';
import { named } from '../../text/isolate';
import { isMuted } from '../../text/muted';

export interface ConversationAction {
  text: string;
  Icon: typeof Ban;
  testid: string;
  choose: () => void;
}

export const unblockContact = (contact: Contact, { conversations, toasts }: Stores): Promise<void> =>
  conversations
    .unblock(contact.id)
    .then(() => toasts.info(m.unblocked_done(named(contact.name))), toasts.failure);

/** What can be done with an open conversation, in its menu and in the palette. */
export const conversationActions = (
  conversation: Conversation,
  stores: Stores,
): readonly ConversationAction[] => {
  const { navigation, conversations, toasts } = stores;
  const { contact } = conversation;
  const { id } = contact;
  const search: ConversationAction = {
    text: m.search_conversation(),
    Icon: Search,
    testid: 'search-conversation',
    choose: navigation.search,
  };
  const timer: ConversationAction = {
    text: m.timer_title(),
    Icon: Timer,
    testid: 'timer',
    choose: () => navigation.show({ kind: 'timer', id }),
  };
  if (contact.isSelf) return [search, timer];
  return [
    search,
    {
      text: m.safety_open(),
      Icon: ShieldCheck,
      testid: 'menu-verification',
      choose: () => navigation.openSafety(id),
    },
    timer,
    isMuted(conversation)
      ? {
          text: m.unmute(),
          Icon: Bell,
          testid: 'unmute',
          choose: () => void conversations.mute(id, null).catch(toasts.failure),
        }
      : {
          text: m.mute(),
          Icon: BellOff,
          testid: 'mute',
          choose: () => navigation.show({ kind: 'mute', id }),
        },
    {
      text: m.inspector_open(),
      Icon: Workflow,
      testid: 'open-inspector',
      choose: () => navigation.openInspector(id),
    },
    {
      text: m.rename(),
      Icon: PencilLine,
      testid: 'rename',
      choose: () => navigation.show({ kind: 'rename', id }),
    },
    contact.standing === 'blocked'
      ? {
          text: m.unblock(),
          Icon: Ban,
          testid: 'menu-unblock',
          choose: () => void unblockContact(contact, stores),
        }
      : { text: m.block(), Icon: Ban, testid: 'block', choose: () => navigation.show({ kind: 'block', id }) },
  ];
};
