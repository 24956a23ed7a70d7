import { expect, look, test, type Page } from './site';

/** From the open conversation's own menu. */
const chooses = async (page: Page, what: string): Promise<void> => {
  await page.getByTestId('conversation-menu').click();
  await page.getByTestId(what).click();
};

for (const [width, height] of [
  [360, 640],
  [900, 600],
] as const) {
  test(`a dialog longer than a window of ${width} × ${height} keeps its buttons in sight`, async ({
    open,
  }) => {
    const page = await open({ world: 'still', width, height });
    await page.getByTestId('conversation-row').filter({ hasText: 'Maya' }).click();
    await chooses(page, 'timer');
    await expect(page.getByTestId('timer-save')).toBeInViewport({ ratio: 1 });
    await look(page, `timer-${width}`);
    await page.getByTestId('timer-choice').last().focus();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Shift+Tab');
    await expect(page.getByTestId('timer-save')).toBeInViewport({ ratio: 1 });
  });
}

test('the longest name fits into a dialog of a narrow window', async ({ open }) => {
  const page = await open({ world: 'long-names', width: 360, height: 640 });
  await page.getByTestId('conversation-row').filter({ hasText: 'Wolfe' }).click();
  await chooses(page, 'block');
  await expect(page.getByTestId('dialog-close')).toBeInViewport({ ratio: 1 });
  const sheet = page.getByRole('dialog');
  expect(await sheet.evaluate((box) => box.scrollWidth - box.clientWidth)).toBe(0);
  await look(page, 'block-long-name');
});

/** Which of these the word on top of everything lies on. In one go: it does not stay for ever. */
const coveredByToast = (page: Page, testids: string[]): Promise<string[]> =>
  page.getByTestId('toast').evaluate((box, others) => {
    const { left, right, top, bottom } = box.getBoundingClientRect();
    return others.filter((testid) => {
      const other = document.querySelector(`[data-testid=${testid}]`)?.getBoundingClientRect();
      return other && left < other.right && other.left < right && top < other.bottom && other.top < bottom;
    });
  }, testids);

test('words that are looked for are not covered by the word about something else', async ({ open }) => {
  const page = await open({ world: 'still', width: 360, height: 640 });
  await page.goto('/?world=still&failure=disk_full&latency=0&chrome=off');
  await page.getByTestId('new-menu').click();
  await page.getByTestId('note-to-self').click();
  await expect(page.getByTestId('toast')).toBeVisible();
  expect(await coveredByToast(page, ['conversation-filter', 'new-menu', 'settings-open'])).toEqual([]);
  await look(page, 'toast-over-the-list');

  await page.getByTestId('conversation-row').filter({ hasText: 'Bob' }).click();
  await page.keyboard.press('Control+f');
  await expect(page.getByTestId('search-words')).toBeFocused();
  await page.getByTestId('composer').fill('Not lost');
  await page.getByTestId('composer').press('Enter');
  await expect(page.getByTestId('toast')).toBeVisible();
  expect(await coveredByToast(page, ['search-words', 'search-close', 'composer'])).toEqual([]);
});

for (const [width, height] of [
  [360, 640],
  [900, 600],
  [1280, 800],
] as const) {
  test(`what could not be sent is not covered by the word about it, ${width} wide`, async ({ open }) => {
    const page = await open({ world: 'still', width, height });
    await page.goto('/?world=still&failure=disk_full&latency=0&chrome=off');
    await page.getByTestId('conversation-row').filter({ hasText: 'Bob' }).click();
    await page.getByTestId('composer').fill('Not lost');
    await page.getByTestId('composer').press('Enter');
    await expect(page.getByTestId('toast')).toBeVisible();
    const covered = await coveredByToast(page, ['composer', 'send', 'conversation-menu', 'settings-open']);
    expect(covered).toEqual([]);
    await expect(page.getByTestId('composer')).toHaveValue('Not lost');
  });
}
