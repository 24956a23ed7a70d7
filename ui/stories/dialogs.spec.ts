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
