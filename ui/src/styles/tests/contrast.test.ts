import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const file = (name: string): string =>
  readFileSync(new URL(`../themes/${name}.css`, import.meta.url), 'utf8');

/** The colours a block of CSS declares, by token. */
const colours = (css: string): Map<string, string> =>
  new Map(
    [...css.matchAll(/(--[\w-]+): (#[0-9a-f]{6});/g)].map(([, name = '', value = '']) => [name, value]),
  );

const [contrastLight = '', contrastDark = ''] = file('contrast').split(':root[data-theme=');
const light = colours(file('light'));
const dark = colours(file('dark'));
const themes = {
  light,
  dark,
  'light, more contrast': new Map([...light, ...colours(contrastLight)]),
  'dark, more contrast': new Map([...dark, ...colours(contrastLight), ...colours(contrastDark)]),
};

/** Relative luminance, as WCAG 2.2 defines it. */
const luminance = (hex: string): number => {
  const [r = 0, g = 0, b = 0] = [1, 3, 5]
    .map((at) => parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};

const ratio = (a: string, b: string): number => {
  const [dim = 0, bright = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (bright + 0.05) / (dim + 0.05);
};

const surfaces = ['paper', 'paper-sunk', 'paper-raised', 'hover', 'pressed'];
const avatars = [1, 2, 3, 4, 5, 6].map((tint) => `avatar-${tint}`);

/** What is read, and on what it stands. */
const text: [ink: string, grounds: string[]][] = [
  ['ink', [...surfaces, 'fill', 'fill-chosen', 'incoming', 'accent-tint', 'warn-tint']],
  ['ink-soft', [...surfaces, 'fill', 'warn-tint']],
  ['ink-faint', ['paper', 'paper-sunk', 'paper-raised', 'hover']],
  ['accent', ['paper', 'paper-sunk', 'paper-raised', 'hover']],
  ['link', ['incoming', 'accent-tint', 'paper-raised']],
  ['on-accent', ['accent', 'accent-strong']],
  ['warn', ['paper', 'paper-sunk', 'warn-tint', 'incoming', 'accent-tint']],
  ['danger', ['paper', 'paper-raised', 'danger-tint']],
  ['on-panel', ['panel', 'panel-deep']],
  ['on-panel-soft', ['panel', 'panel-deep']],
  ['on-avatar', avatars],
];

for (const [theme, tokens] of Object.entries(themes)) {
  const colour = (name: string): string => tokens.get(`--${name}`) ?? `no --${name}`;
  const needed = theme.includes('more') ? 7 : 4.5;

  test(`text can be read in ${theme}: ${needed} to 1`, () => {
    const poor = text.flatMap(([ink, grounds]) =>
      grounds
        .map((ground) => ({ pair: `${ink} on ${ground}`, is: ratio(colour(ink), colour(ground)) }))
        .filter(({ is }) => !(is >= needed))
        .map(({ pair, is }) => `${pair}: ${is.toFixed(2)}`),
    );
    expect(poor).toEqual([]);
  });

  test(`the bounds of fields can be seen in ${theme}: 3 to 1`, () => {
    for (const ground of ['paper', 'paper-raised']) {
      expect(ratio(colour('line-strong'), colour(ground)), ground).toBeGreaterThanOrEqual(3);
    }
  });
}
