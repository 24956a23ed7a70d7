import { expect, test, violationsOf, type Page } from './site';

const zoom = (page: Page) => page.evaluate(() => document.documentElement.style.getPropertyValue('zoom'));

test('Alice makes everything larger by keyboard, and it still is after a restart', async ({ open }) => {
  const page = await open({ world: 'still' });
  await page.keyboard.press('Control+=');
  await expect.poll(() => zoom(page)).toBe('1.1');
  await page.keyboard.press('Control++');
  await expect.poll(() => zoom(page)).toBe('1.25');
  await page.reload();
  await expect.poll(() => zoom(page)).toBe('1.25');
  await page.getByTestId('settings-open').click();
  await expect(page.getByTestId('settings-zoom')).toHaveValue('1.25');
  await page.keyboard.press('Control+-');
  await expect.poll(() => zoom(page)).toBe('1.1');
  await page.keyboard.press('Control+0');
  await expect.poll(() => zoom(page)).toBe('1');
});

test('it gets neither larger nor smaller than there are steps', async ({ open }) => {
  const page = await open({ world: 'still' });
  for (let step = 0; step < 12; step += 1) await page.keyboard.press('Control+-');
  await expect.poll(() => zoom(page)).toBe('0.67');
  for (let step = 0; step < 12; step += 1) await page.keyboard.press('Control+=');
  await expect.poll(() => zoom(page)).toBe('2');
});

test('Sotto starts with the session only when asked to', async ({ open }) => {
  const page = await open({ world: 'still' });
  await page.getByTestId('settings-open').click();
  const start = page.getByTestId('settings-autostart');
  await expect(start).not.toBeChecked();
  await start.check();
  await expect(start).toBeChecked();
  expect(await violationsOf(page)).toEqual([]);
});
