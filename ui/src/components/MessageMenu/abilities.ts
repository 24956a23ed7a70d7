import type { Message } from '../../api/generated';

const DAY = 24 * 60 * 60 * 1000;
/** The engine's windows; it has the last word. */
const EDITABLE = DAY;
const DELETABLE = 7 * DAY;

/** What the user can do with a message now. */
export const abilities = (message: Message, now: number) => {
  const isText = message.body.kind === 'text';
  const isHere = isText || message.body.kind === 'unsupported';
  const age = now - message.sentAt;
  return {
    react: isHere,
    reply: isText,
    copy: isText,
    edit: isText && message.outgoing && age <= EDITABLE,
    earlier: isText && message.editedAt !== null,
    remove: isText && message.outgoing && age <= DELETABLE,
  };
};
