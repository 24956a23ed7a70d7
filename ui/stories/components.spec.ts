import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test as base, type Page } from '@playwright/test';
import { expect, serve, violationsOf } from './site';

const index = fileURLToPath(new URL('../../target/storybook/index.json', import.meta.url));
interface Entry {
  id: string;
  title: string;
  name: string;
}
const stories: Entry[] = existsSync(index)
  ? Object.values((JSON.parse(readFileSync(index, 'utf8')) as { entries: Record<string, Entry> }).entries)
  : [];

/** As much of Storybook's window as is used here. */
interface Storybook {
  __STORYBOOK_PREVIEW__: {
    channel: {
      once: (event: string, hear: (told: unknown) => void) => void;
      emit: (event: string, told: unknown) => void;
    };
  };
}

/**
 * Storybook, loaded once for each worker: from story to story it goes as its own sidebar would have it. A page for each
 * story takes ten times as long. The addon's own look at each story is switched off: axe does one thing at a time.
 */
const test = base.extend<object, { storybook: Page }>({
  storybook: [
    async ({ browser }, use) => {
      const page = await browser.newPage({ reducedMotion: 'reduce' });
      await serve(page, 'storybook');
      await page.goto('https://sotto.test/iframe.html?viewMode=story');
      await page.waitForFunction(() => '__STORYBOOK_PREVIEW__' in window);
      await page.evaluate(() => {
        const { __STORYBOOK_PREVIEW__: preview } = window as unknown as Storybook;
        preview.channel.emit('updateGlobals', { globals: { a11y: { manual: true } } });
      });
      await use(page);
      await page.close();
    },
    { scope: 'worker' },
  ],
});

/** Shows a story, and waits until it stands as it will stand. */
const show = (page: Page, storyId: string): Promise<void> =>
  page.evaluate(async (story) => {
    const { channel } = (window as unknown as Storybook).__STORYBOOK_PREVIEW__;
    await new Promise<void>((shown, failed) => {
      const fails = ['storyMissing', 'storyErrored', 'storyThrewException', 'playFunctionThrewException'];
      for (const event of fails) {
        channel.once(event, (told) => failed(new Error(`${event}: ${JSON.stringify(told)}`)));
      }
      channel.once('storyFinished', () => shown());
      channel.emit('setCurrentStory', { storyId: story, viewMode: 'story' });
    });
    await document.fonts.ready;
  }, storyId);

/** Changes how all of it looks, and waits until every colour has arrived: each is on its way for a moment, however short. */
const dress = (page: Page, look: Record<string, string>): Promise<void> =>
  page.evaluate(async (wish) => {
    Object.assign(document.documentElement.dataset, wish);
    const underWay = () => document.getAnimations().map(({ finished }) => finished);
    while (underWay().length > 0) await Promise.allSettled(underWay());
  }, look);

const LOOKS = [
  { theme: 'light', contrast: 'normal' },
  { theme: 'dark', contrast: 'normal' },
  { theme: 'light', contrast: 'more' },
  { theme: 'dark', contrast: 'more' },
];

/** A component stands in no page: these rules are about pages. */
const ABOUT_PAGES = ['region', 'landmark-one-main', 'page-has-heading-one', 'heading-order'];

test('Storybook has been built', () => {
  expect(stories.length, '`npm run build:storybook` comes first').toBeGreaterThan(0);
});

for (const component of new Set(stories.map(({ title }) => title))) {
  test(`${component} is accessible in every state, theme and contrast`, async ({ storybook }) => {
    for (const { id, name } of stories.filter(({ title }) => title === component)) {
      await show(storybook, id);
      for (const [place, look] of LOOKS.entries()) {
        await dress(storybook, look);
        // Only colours differ from look to look.
        const rules = place === 0 ? { without: ABOUT_PAGES } : { only: ['color-contrast'] };
        const found = await violationsOf(storybook, rules);
        expect.soft(found, `${name}, ${look.theme}, contrast ${look.contrast}`).toEqual([]);
      }
    }
  });
}
