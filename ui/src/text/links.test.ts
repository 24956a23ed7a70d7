import { expect, test } from 'vitest';
import { linkOf, partsOf, type TextPart } from './links';

const shown = (text: string): string =>
  partsOf(text)
    .map((part: TextPart) => (part.kind === 'link' ? `[${part.text}]` : part.text))
    .join('');

test('a web address in a sentence is a link, and the full stop after it is not', () => {
  expect(shown('See https://example.org/a. Then call.')).toBe('See [https://example.org/a]. Then call.');
});

test('a file name, an e-mail address and other schemes are text', () => {
  const text = 'notes.md, bob@example.org, javascript:alert(1), file:///etc/passwd, sotto:invite/1#x';
  expect(partsOf(text)).toEqual([{ kind: 'text', text }]);
});

test('a host in letters that only look Latin is shown as machines spell it', () => {
  const [part] = partsOf('https://аpple.com/id');
  expect(part).toMatchObject({ kind: 'link', text: 'https://xn--pple-43d.com/id' });
  expect(linkOf('https://аpple.com/id')).toMatchObject({
    host: 'xn--pple-43d.com',
    writtenHost: 'аpple.com',
    doubts: ['lookalike'],
  });
});

test('a host already spelt as machines do is doubtful too', () => {
  expect(linkOf('https://xn--pple-43d.com')?.doubts).toEqual(['lookalike']);
});

test('what stands before the @ is not where a link leads', () => {
  const link = linkOf('https://bank.example@evil.example/login');
  expect(link?.host).toBe('evil.example');
  expect(link?.doubts).toEqual(['credentials']);
});

test('an address in numbers, and one without encryption, are said to be so', () => {
  expect(linkOf('http://3221226219/x')).toMatchObject({
    host: '192.0.2.235',
    doubts: ['unencrypted', 'number'],
  });
  expect(linkOf('https://[2001:db8::1]/')?.doubts).toEqual(['number']);
});

test('an address that no browser can go to is text', () => {
  expect(linkOf('https://')).toBeNull();
  expect(linkOf('https://exa mple.org')).toBeNull();
});

test('ordinary punctuation and several links keep their order', () => {
  expect(shown('(https://a.example/x?y=1#z), https://b.example')).toBe(
    '([https://a.example/x?y=1#z]), [https://b.example]',
  );
});
