import { expect, test } from 'vitest';
import { given } from './given';

const transfer = (files: File[], text = ''): DataTransfer =>
  ({ files: files as unknown as FileList, getData: () => text }) as unknown as DataTransfer;

test('a picture is taken before the text that came with it', async () => {
  const picture = new File(['png'], 'card.png', { type: 'image/png' });
  expect(await given(transfer([picture], 'card.png'))).toEqual({ kind: 'picture', picture });
});

test('a text file is read, and a very long one is not', async () => {
  const mail = new File(['[Sotto card 1]'], 'mail.txt', { type: 'text/plain' });
  expect(await given(transfer([mail]))).toEqual({ kind: 'text', text: '[Sotto card 1]' });
  const mailbox = new File(['x'.repeat(300_000)], 'mailbox', { type: '' });
  expect(await given(transfer([mailbox]))).toBeNull();
});

test('words are taken, blanks are not', async () => {
  expect(await given(transfer([], 'Hello'))).toEqual({ kind: 'text', text: 'Hello' });
  expect(await given(transfer([], '  \n'))).toBeNull();
});
