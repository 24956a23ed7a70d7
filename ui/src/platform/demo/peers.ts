import type { Event, Message } from '../../api/generated';
import type { DemoAccount } from './account';

const answers = [
  'Good. That was quick.',
  'Let me think about it over dinner.',
  'Yes!',
  'I would start with the letters. The maps can wait until the light is better.',
  'Noted.',
  'Agreed, and thank you for asking first.',
];

const wait = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Makes messages travel: queued, sent, delivered, read, with an answer after a while. */
export const bringToLife = (account: DemoAccount, emit: (event: Event) => void): void => {
  let next = 0;

  const say = async (conversation: string, text: string): Promise<void> => {
    emit({ kind: 'typing', conversation, typing: true });
    await wait(1_400 + text.length * 25);
    emit({ kind: 'typing', conversation, typing: false });
    account.add(conversation, { kind: 'text', text }, false, null);
  };

  const travel = async (queued: Message): Promise<void> => {
    if (queued.delivery === 'blocked' || account.world.connection.state !== 'online') return;
    await wait(350);
    const sent = account.deliver(queued, 'sent');
    await wait(700);
    const delivered = account.deliver(sent, 'delivered');
    if (!account.world.live) return;
    await wait(1_500);
    account.deliver(delivered, 'read');
    await say(queued.conversation, answers[next++ % answers.length] ?? '');
  };

  account.onsent = (message) => void travel(message);

  if (account.world.live && account.world.app.stage === 'ready') {
    const [first, second] = account.world.conversations;
    if (first) setTimeout(() => void say(first.id, 'And the printer just called, of course.'), 6_000);
    if (second) setTimeout(() => void say(second.id, 'The kettle is on.'), 15_000);
  }
};
