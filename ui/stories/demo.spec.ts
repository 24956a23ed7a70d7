import { expect, test } from './site';

const strip = '/?world=still&latency=0';

test('a designer switches theme, contrast and density without leaving the screen', async ({ open }) => {
  const page = await open({ world: 'still' });
  await page.goto(strip);
  await page.getByTestId('conversation-row').filter({ hasText: 'Bob' }).click();
  await page.getByTestId('composer').fill('Half a sent');
  await page.getByLabel('theme').selectOption('dark');
  await page.getByLabel('contrast').selectOption('more');
  await page.getByLabel('density').selectOption('compact');
  for (const [name, value] of [
    ['theme', 'dark'],
    ['contrast', 'more'],
    ['density', 'compact'],
  ] as const) {
    await expect(page.locator('html')).toHaveAttribute(`data-${name}`, value);
  }
  await expect(page.getByTestId('composer')).toHaveValue('Half a sent');
});

test('the theme shows on a locked screen, which knows no settings yet', async ({ open }) => {
  const page = await open({ world: 'locked' });
  await page.goto('/?world=locked&latency=0&theme=dark');
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await page.getByLabel('theme').selectOption('light');
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'light');
});

test('a reload, and another language, come back to the same screen', async ({ open }) => {
  const page = await open({ world: 'still' });
  await page.goto(strip);
  await page.getByTestId('conversation-row').filter({ hasText: 'Bob' }).click();
  await page.getByTestId('open-safety-number').click();
  await expect(page).toHaveURL(/#safety\/b0b7a2c4$/);
  await page.getByLabel('locale').selectOption('de');
  await expect(page.getByTestId('safety')).toContainText('Sicherheitsnummer');
});

test('a message that could not be stored says so, and stays in the composer', async ({ open }) => {
  const page = await open({ world: 'still' });
  await page.goto(strip);
  await page.getByTestId('conversation-row').filter({ hasText: 'Bob' }).click();
  await page.getByLabel('failure').selectOption('disk_full');
  await page.getByTestId('composer').fill('Is this safe?');
  await page.getByTestId('composer').press('Enter');
  await expect(page.getByTestId('toast')).toContainText('The disk is full');
  await expect(page.getByTestId('composer')).toHaveValue('Is this safe?');
});

test('the strip covers nothing of the app', async ({ open }) => {
  const page = await open({ world: 'still' });
  await page.goto(strip);
  const app = await page.getByTestId('app').boundingBox();
  const bar = await page.getByRole('form', { name: 'Demo' }).boundingBox();
  expect((app?.y ?? 0) + (app?.height ?? 0)).toBeLessThanOrEqual(bar?.y ?? 0);
});
