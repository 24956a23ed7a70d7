import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AxeBuilder } from '@axe-core/playwright';
import { test as base, expect, type Page } from '@playwright/test';

const built = fileURLToPath(new URL('../../target/ui-demo', import.meta.url));
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
  locale?: string;
  width?: number;
  height?: number;
}

/** Pages come from the built demo on the disk: no server, no port, no network. */
export const test = base.extend<{ open: (scene: Scene) => Promise<Page> }>({
  open: async ({ page }, use) => {
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text());
    });
    await page.context().route('**/*', async (route) => {
      const url = new URL(route.request().url());
      if (url.host !== 'sotto.test') return route.abort();
      const path = join(built, normalize(url.pathname === '/' ? '/index.html' : url.pathname));
      if (!existsSync(path)) return route.fulfill({ status: 404 });
      return route.fulfill({
        body: await readFile(path),
        contentType: types[extname(path)] ?? 'application/octet-stream',
        headers: { 'Content-Security-Policy': POLICY },
      });
    });
    await page.clock.install({ time: NOON });
    await page.clock.resume();

    await use(async ({ world, theme = 'light', locale = '', width = 1000, height = 720 }) => {
      await page.setViewportSize({ width, height });
      await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
      const wishes = new URLSearchParams({ world, theme, latency: '0', chrome: 'off' });
      if (locale !== '') wishes.set('locale', locale);
      await page.goto(`/?${wishes}`);
      await expect(page.getByTestId('app')).not.toHaveAttribute('data-stage', 'starting');
      await page.evaluate(() => document.fonts.ready);
      return page;
    });
    expect(problems, 'errors and warnings in the console').toEqual([]);
  },
});

/** Keeps a picture for the gallery, and holds the screen to the accessibility rules. */
export const look = async (page: Page, name: string): Promise<void> => {
  await page.evaluate(() => document.fonts.ready);
  await page.screenshot({ path: join(gallery, `${name}.png`) });
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
    .analyze();
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`);
  expect.soft(found, `accessibility of ${name}`).toEqual([]);
};

export { expect, type Page };
