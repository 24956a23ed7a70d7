import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, serve, test, violationsOf } from './site';

const index = fileURLToPath(new URL('../../target/storybook/index.json', import.meta.url));
interface Entry {
  id: string;
  title: string;
  name: string;
}
const stories: Entry[] = existsSync(index)
  ? Object.values((JSON.parse(readFileSync(index, 'utf8')) as { entries: Record<string, Entry> }).entries)
  : [];

test('Storybook has been built', () => {
  expect(stories.length, '`npm run build:storybook` comes first').toBeGreaterThan(0);
});

/** A component stands in no page: these rules are about pages. */
const ABOUT_PAGES = ['region', 'landmark-one-main', 'page-has-heading-one', 'heading-order'];

for (const component of new Set(stories.map(({ title }) => title))) {
  test(`${component} is accessible in every state, theme and contrast`, async ({ page }) => {
    await serve(page, 'storybook');
    await page.emulateMedia({ reducedMotion: 'reduce' });
    for (const { id, name } of stories.filter(({ title }) => title === component)) {
      await page.goto(`/iframe.html?id=${id}&viewMode=story`);
      await expect(page.locator('body.sb-show-main')).toBeVisible();
      expect.soft(await violationsOf(page, { without: ABOUT_PAGES }), `${name}, light`).toEqual([]);
      for (const [theme, contrast] of [
        ['dark', 'normal'],
        ['light', 'more'],
        ['dark', 'more'],
      ] as const) {
        await page.evaluate((wish) => Object.assign(document.documentElement.dataset, wish), {
          theme,
          contrast,
        });
        // Only colours differ from theme to theme.
        const found = await violationsOf(page, { only: ['color-contrast'] });
        expect.soft(found, `${name}, ${theme}, contrast ${contrast}`).toEqual([]);
      }
    }
  });
}
