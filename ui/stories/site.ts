import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test as base, expect, type Page } from '@playwright/test';
import axe from 'axe-core';
import type { Event, Message } from '../src/api/generated';

export const gallery = fileURLToPath(new URL('../../target/gallery', import.meta.url));

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

/** Stricter than the app's own policy: what would break that breaks here. */
const POLICY = "default-src 'self'; connect-src 'none'; object-src 'none'";

/** A noon, so that "today" and "yesterday" are what they look like. */
const NOON = new Date('2026-11-20T12:10:00+01:00');

/** What a story opens: a world of the fixtures, seen in a theme, a language and a window. */
export interface Scene {
  world: string;
  theme?: 'light' | 'dark';
  contrast?: 'normal' | 'more';
  density?: 'comfortable' | 'compact';
  locale?: string;
  width?: number;
  height?: number;
}

/** Answers every request of the page from a folder of `target/`: no server, no port, no network. */
export const serve = async (page: Page, folder: string, headers: Record<string, string> = {}) => {
  const built = fileURLToPath(new URL(`../../target/${folder}`, import.meta.url));
  await page.context().route('**/*', async (route) => {
    const url = new URL(route.request().url());
    if (url.host !== 'sotto.test') return route.abort();
    const path = join(built, normalize(url.pathname === '/' ? '/index.html' : url.pathname));
    if (!existsSync(path)) return route.fulfill({ status: 404 });
    const contentType = types[extname(path)] ?? 'application/octet-stream';
    return route.fulfill({ body: await readFile(path), contentType, headers });
  });
};

/** The built demo, opened at a scene. */
export const test = base.extend<{ open: (scene: Scene) => Promise<Page> }>({
  open: async ({ page }, use) => {
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text());
    });
    await serve(page, 'ui-demo', { 'Content-Security-Policy': POLICY });
    await page.clock.install({ time: NOON });
    await page.clock.resume();

    await use(async ({ world, width = 1000, height = 720, ...scene }) => {
      const { theme = 'light', contrast = 'normal', density = 'comfortable', locale = '' } = scene;
      await page.setViewportSize({ width, height });
      await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
      const wishes = new URLSearchParams({ world, theme, contrast, density, latency: '0', chrome: 'off' });
      if (locale !== '') wishes.set('locale', locale);
      await page.goto(`/?${wishes}`);
      await expect(page.getByTestId('app')).not.toHaveAttribute('data-stage', 'starting');
      await page.evaluate(() => document.fonts.ready);
      return page;
    });
    expect(problems, 'errors and warnings in the console').toEqual([]);
  },
});

/** The rules a page is held to: WCAG 2.2 up to AA, and what is good practice besides. */
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** What the accessibility rules have against the page as it stands. */
export const violationsOf = async (
  page: Page,
  { only, without = [] }: { only?: string[]; without?: string[] } = {},
): Promise<string[]> => {
  // Once a page, not once a look: reading axe takes longer than asking it.
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe.source);
  const options: axe.RunOptions = {
    runOnly: only ? { type: 'rule', values: only } : { type: 'tag', values: RULES },
    rules: Object.fromEntries(without.map((rule) => [rule, { enabled: false }])),
    resultTypes: ['violations'],
  };
  const violations = await page.evaluate(async (asked) => {
    const { axe: asks } = window as unknown as { axe: typeof axe };
    return (await asks.run(document, asked)).violations;
  }, options);
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`);
};

/** Keeps a picture for the gallery, and holds the screen to the accessibility rules. */
export const look = async (page: Page, name: string): Promise<void> => {
  await page.evaluate(() => document.fonts.ready);
  if (base.info().project.name === 'compare') {
    await expect.soft(page).toHaveScreenshot(`${name}.png`);
    return;
  }
  await page.screenshot({ path: join(gallery, `${name}.png`) });
  expect.soft(await violationsOf(page), `accessibility of ${name}`).toEqual([]);
};

/** Somebody's text arrives, as the engine would tell it. */
export const arrives = async (page: Page, conversation: string, text: string): Promise<void> => {
  const now = Date.now();
  const message: Message = {
    id: 99_000_000,
    conversation,
    body: { kind: 'text', text },
    outgoing: false,
    sentAt: now,
    storedAt: now,
    delivery: null,
    quote: null,
    reactions: [],
    editedAt: null,
    lifetime: null,
    goneAt: null,
  };
  const event: Event = { kind: 'messageAdded', message };
  await page.evaluate((told) => {
    const { sotto } = window as unknown as { sotto: (event: unknown) => void };
    sotto(told);
  }, event);
};

export { expect, type Page };
