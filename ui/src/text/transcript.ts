import type { Contact, Me, Message } from '../api/generated';
import { m } from '../paraglide/messages';
import { noticeText, timerText } from '../state/notices';
import { clock, date, moment } from './dates';
import { named } from './isolate';

/** How messages can be written down outside of Sotto. */
export type Format = 'text' | 'json';

/** A conversation, oldest message first. */
export interface Spoken {
  contact: Contact;
  messages: Message[];
}

/** Everything that was said, as a text for people or as JSON for programs. */
export const transcript = (format: Format, me: Me, conversations: Spoken[], now: number): string =>
  format === 'json' ? forPrograms(me, conversations, now) : forPeople(me, conversations, now);

const forPeople = (me: Me, conversations: Spoken[], now: number): string =>
  [
    m.export_heading(named(me.displayName)),
    `${me.address}, ${moment(now)}`,
    ...conversations.flatMap(({ contact, messages }) => [
      '',
      '',
      `${contact.name} (${contact.address})`,
      '='.repeat(40),
      ...byDay(messages, contact),
    ]),
    '',
  ].join('\n');

const byDay = (messages: Message[], contact: Contact): string[] => {
  let day = '';
  return messages.flatMap((message) => {
    const thisDay = date(message.storedAt);
    const heading = thisDay === day ? [] : ['', thisDay];
    day = thisDay;
    return [...heading, ...lines(message, contact)];
  });
};

/** A message with what belongs to it, indented below. */
const lines = (message: Message, contact: Contact): string[] => {
  const { body, outgoing, quote, reactions } = message;
  const who = outgoing ? m.you() : contact.name;
  const notes = [
    ...(quote?.kind === 'found' ? [`> ${quote.text}`] : []),
    ...(message.editedAt === null ? [] : [`(${m.message_edited()})`]),
    ...reactions.map(({ emoji, mine }) => `${emoji} ${mine ? m.you() : contact.name}`),
  ];
  const said = body.kind === 'text' ? `${who}: ${body.text}` : `* ${withoutWords(message, contact)}`;
  const [first = '', ...rest] = said.split('\n');
  return [`${clock(message.storedAt)}  ${first}`, ...[...rest, ...notes].map((line) => `       ${line}`)];
};

const withoutWords = ({ body, outgoing }: Message, { name }: Contact): string => {
  switch (body.kind) {
    case 'text':
      return body.text;
    case 'deleted':
      return m.message_deleted();
    case 'unsupported':
      return m.message_unsupported();
    case 'timerSet':
      return timerText(outgoing, body.lifetime, name);
    case 'notice':
      return noticeText(body.notice, name);
  }
};

const forPrograms = (me: Me, conversations: Spoken[], now: number): string =>
  JSON.stringify(
    {
      format: 'sotto-transcript',
      version: 1,
      writtenAt: iso(now),
      account: { address: me.address, name: me.displayName },
      conversations: conversations.map(({ contact, messages }) => ({
        contact: { address: contact.address, name: contact.name, verification: contact.verification },
        messages: messages.map((message) => ({
          id: message.id,
          outgoing: message.outgoing,
          sentAt: iso(message.sentAt),
          storedAt: iso(message.storedAt),
          editedAt: message.editedAt === null ? null : iso(message.editedAt),
          body: message.body,
          quote: message.quote,
          reactions: message.reactions,
          delivery: message.delivery,
        })),
      })),
    },
    null,
    1,
  );

const iso = (time: number): string => new Date(time).toISOString();
