import { expect, look, test, type Page } from './site';

const openBob = async (page: Page) => {
  await page.getByTestId('conversation-row').filter({ hasText: 'Bob' }).click();
  await expect(page.getByTestId('message').last()).toBeVisible();
};

test('Alice finds a message in all conversations and lands on it', async ({ open }) => {
  const page = await open({ world: 'still' });
  await page.keyboard.press('Control+Shift+f');
  await page.keyboard.type('letters');
  const hit = page.getByTestId('search-hit').first();
  await expect(hit).toContainText('the letters and the two maps');
  await expect(hit.locator('mark')).toHaveText('letters');
  await look(page, 'search-all-light');
  await hit.click();
  await expect(page.getByTestId('conversation-name')).toHaveText('Bob Lindqvist');
  await expect(page.getByTestId('message').filter({ hasText: 'the 1911 survey' })).toBeInViewport();
});

test('from the words to the hits and back without a mouse', async ({ open }) => {
  const page = await open({ world: 'still' });
  await page.keyboard.press('Control+Shift+f');
  await page.keyboard.type('caption');
  await expect(page.getByTestId('search-hit')).toHaveCount(1);
  // A row is hidden, and takes no focus, until the list has measured it.
  await expect(page.getByTestId('search-hit')).toBeVisible();
  await page.keyboard.press('ArrowDown');
  await expect(page.getByTestId('search-hit')).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('conversation-name')).toHaveText('Maya Okonkwo');
});

test('far back in a long conversation, from hit to hit, and to the end again', async ({ open }) => {
  const page = await open({ world: 'ten-thousand-messages' });
  await openBob(page);
  await page.keyboard.press('Control+f');
  await expect(page.getByTestId('search-words')).toBeFocused();
  await page.keyboard.type('(1002)');
  await expect(page.getByTestId('search-status')).toHaveText(/^1 of/);
  await expect(page.getByTestId('message').filter({ hasText: '(1002)' }).first()).toBeInViewport();
  await page.keyboard.press('Escape');
  await expect(page.getByTestId('search-bar')).toHaveCount(0);
  await expect(page.getByTestId('composer')).toBeFocused();
  await page.getByTestId('jump-to-latest').click();
  await expect(page.getByTestId('message').last()).toBeInViewport();
  await expect(page.getByTestId('jump-to-latest')).toHaveCount(0);

  await page.keyboard.press('Control+f');
  await page.keyboard.type('boxes');
  await expect(page.getByTestId('search-status')).toHaveText('1 of 30+');
  await expect(page.getByTestId('search-newer')).toBeDisabled();
  for (let turn = 0; turn < 31; turn++) {
    await page.keyboard.press('Enter');
    await expect(page.getByTestId('search-status')).toHaveText(new RegExp(`^${turn + 2} of`));
  }
  await page.keyboard.press('Shift+Enter');
  await expect(page.getByTestId('search-status')).toHaveText('31 of 60+');
});

test('what is not there is not found', async ({ open }) => {
  const page = await open({ world: 'still' });
  await page.getByTestId('conversation-filter').fill('zeppelin');
  await expect(page.getByText('Nothing found.')).toBeVisible();
  await page.getByTestId('conversation-filter').fill('');
  await openBob(page);
  await page.keyboard.press('Control+f');
  await page.keyboard.type('zeppelin');
  await expect(page.getByTestId('search-status')).toHaveText('No match');
});

for (const [name, scene] of [
  ['dark', { theme: 'dark' }],
  ['ar', { locale: 'ar' }],
  ['360', { width: 360 }],
] as const) {
  test(`the search in a conversation looks right, ${name}`, async ({ open }) => {
    const page = await open({ world: 'still', ...scene });
    await openBob(page);
    await page.keyboard.press('Control+f');
    await page.keyboard.type('maps');
    await expect(page.getByTestId('search-status')).toHaveText(/1/);
    await look(page, `search-conversation-${name}`);
  });
}

test('in a very wide window the search stands where the messages do', async ({ open }) => {
  const page = await open({ world: 'still', width: 2560, height: 800 });
  await openBob(page);
  await page.keyboard.press('Control+f');
  await page.keyboard.type('letters');
  await expect(page.getByTestId('jump-to-latest')).toBeVisible();
  const messages = await page.locator('#foot form').boundingBox();
  /** At most half of what a scrollbar takes. */
  const GUTTER = 8;
  for (const testid of ['search-words', 'search-close', 'jump-to-latest']) {
    const box = await page.getByTestId(testid).boundingBox();
    expect(box?.x, testid).toBeGreaterThanOrEqual(messages?.x ?? Infinity);
    expect((box?.x ?? Infinity) + (box?.width ?? 0), testid).toBeLessThanOrEqual(
      (messages?.x ?? 0) + (messages?.width ?? 0) + GUTTER,
    );
  }
  await look(page, 'search-very-wide');
});

test('Ctrl+F once more takes other words', async ({ open }) => {
  const page = await open({ world: 'still' });
  await openBob(page);
  await page.keyboard.press('Control+f');
  await page.keyboard.type('letters');
  await page.getByTestId('composer').click();
  await expect(page.getByTestId('composer')).toBeFocused();
  await page.keyboard.press('Control+f');
  await expect(page.getByTestId('search-words')).toBeFocused();
  await page.keyboard.type('draft');
  await expect(page.getByTestId('search-words')).toHaveValue('draft');
});
