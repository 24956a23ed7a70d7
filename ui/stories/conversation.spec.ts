import { arrives, expect, look, test, type Page } from './site';

const openBob = async (page: Page) => {
  await page.getByTestId('conversation-row').filter({ hasText: 'Bob' }).click();
  await expect(page.getByTestId('message').last()).toBeVisible();
};

/** How far the end of the conversation is below what is in view. */
const belowView = (page: Page) =>
  page.getByRole('log').evaluate((log) => Math.round(log.scrollHeight - log.clientHeight - log.scrollTop));

/** A few frames on: what changed is drawn, and who watches sizes and places has heard. */
const drawn = (page: Page) =>
  page.evaluate(async () => {
    for (let frame = 0; frame < 4; frame += 1) await new Promise(requestAnimationFrame);
  });

const lastMessage = (page: Page) => page.getByTestId('message').last();

for (const [width, height] of [
  [360, 640],
  [1000, 720],
  [1600, 1000],
] as const) {
  test(`a conversation opens at its end in a window ${width} wide`, async ({ open }) => {
    const page = await open({ world: 'still', width, height });
    await openBob(page);
    await expect.poll(() => belowView(page)).toBe(0);
    await expect(lastMessage(page)).toContainText('Shall I send you the draft here?');
  });
}

test('Alice sends with Enter, breaks the line with Shift+Enter, and watches the message arrive', async ({
  open,
}) => {
  const page = await open({ world: 'still' });
  await openBob(page);
  await page.getByTestId('composer').fill('One');
  await page.getByTestId('composer').press('Shift+Enter');
  await page.getByTestId('composer').pressSequentially('Two');
  await page.getByTestId('composer').press('Enter');
  await expect(page.getByTestId('composer')).toHaveValue('');
  await expect(lastMessage(page).getByTestId('message-text')).toHaveText('One\nTwo', { useInnerText: true });
  await expect(lastMessage(page)).toHaveAttribute('data-delivery', 'delivered');
  await expect(lastMessage(page)).toContainText('Delivered');
});

test('a draft waits in its conversation while Alice looks at another', async ({ open }) => {
  const page = await open({ world: 'still' });
  await openBob(page);
  await page.getByTestId('composer').fill('Half a sent');
  await page.getByTestId('conversation-row').filter({ hasText: 'Maya' }).click();
  await expect(page.getByTestId('composer')).toHaveValue('');
  await expect(page.getByTestId('conversation-row').filter({ hasText: 'Bob' })).toContainText('Half a sent');
  await openBob(page);
  await expect(page.getByTestId('composer')).toHaveValue('Half a sent');
});

test('what comes while Alice reads further up does not move her, and the way back is one click', async ({
  open,
}) => {
  const page = await open({ world: 'ten-thousand-messages' });
  await openBob(page);
  await expect.poll(() => belowView(page)).toBe(0);
  await page.getByRole('log').hover();
  await page.mouse.wheel(0, -600);
  await expect(page.getByTestId('jump-to-latest')).toBeVisible();
  const before = await belowView(page);
  await arrives(page, '30000001', 'Are you there?');
  await expect.poll(() => belowView(page)).toBeGreaterThan(before);
  await page.getByTestId('jump-to-latest').click();
  await expect(lastMessage(page).getByText('Are you there?')).toBeVisible();
  await expect.poll(() => belowView(page)).toBe(0);
});

test('older messages load as Alice scrolls up, and few are in the document at any time', async ({ open }) => {
  const page = await open({ world: 'ten-thousand-messages' });
  await openBob(page);
  await expect.poll(() => belowView(page)).toBe(0);
  await page.getByRole('log').hover();
  const oldestInView = async () =>
    Number(await page.getByTestId('message').first().getAttribute('data-message-id'));
  const start = await oldestInView();
  for (let turn = 0; turn < 30; turn++) {
    await page.mouse.wheel(0, -1_200);
    await page.waitForTimeout(30);
  }
  await expect.poll(oldestInView).toBeLessThan(start - 250);
  expect(await page.getByTestId('message').count()).toBeLessThan(80);
});

test('a changed key blocks writing until Alice has decided', async ({ open }) => {
  const page = await open({ world: 'key-changed' });
  await page.getByTestId('conversation-row').filter({ hasText: 'Carol' }).click();
  await expect(page.getByTestId('key-changed-notice')).toBeVisible();
  await expect(page.getByTestId('composer')).toHaveCount(0);
  await expect(lastMessage(page)).toHaveAttribute('data-delivery', 'blocked');
  await page.getByTestId('key-changed-continue').click();
  await page.getByTestId('key-changed-confirm').click();
  await expect(page.getByTestId('composer')).toBeVisible();
  await expect(page.getByTestId('verification-state')).toHaveAttribute('data-state', 'notVerified');
  await expect(page.getByTestId('message').filter({ hasText: 'Let me check' })).toHaveAttribute(
    'data-delivery',
    'delivered',
  );
});

test('comparing the number verifies Carol, and can be taken back', async ({ open }) => {
  const page = await open({ world: 'key-changed' });
  await page.getByTestId('conversation-row').filter({ hasText: 'Carol' }).click();
  await page.getByTestId('key-changed-compare').click();
  await expect(page.getByTestId('safety-block')).toHaveCount(12);
  await page.getByTestId('mark-verified').click();
  await expect(page.getByTestId('safety').getByTestId('verification-state')).toHaveAttribute(
    'data-state',
    'verified',
  );
  await page.getByTestId('remove-verification').click();
  await expect(page.getByTestId('mark-verified')).toBeVisible();
  await page.getByTestId('safety-close').click();
  await expect(page.getByTestId('composer')).toBeVisible();
});

test('arrow keys step through the blocks one at a time', async ({ open }) => {
  const page = await open({ world: 'still' });
  await openBob(page);
  await page.getByTestId('open-safety-number').click();
  await page.getByRole('group', { name: /twelve blocks/ }).focus();
  for (const key of ['ArrowRight', 'ArrowRight', 'ArrowDown']) await page.keyboard.press(key);
  await expect(page.locator('[data-testid="safety-block"][aria-current="true"]')).toHaveAttribute(
    'data-index',
    '5',
  );
  await page.keyboard.press('Escape');
  await expect(page.locator('[data-testid="safety-block"][aria-current="true"]')).toHaveCount(0);
});

test('a link shows where it leads before anything opens, and opens only when Alice says so', async ({
  open,
  context,
}) => {
  const page = await open({ world: 'links' });
  await page.getByTestId('conversation-row').filter({ hasText: 'Sibyl' }).click();
  const opened: string[] = [];
  context.on('page', (other) => opened.push(other.url()));
  await page.getByTestId('message-link').filter({ hasText: 'example.org' }).click();
  await expect(page.getByTestId('link-host')).toHaveText('example.org');
  await expect(page.getByTestId('link-doubt')).toHaveCount(0);
  expect(opened).toEqual([]);
  const browser = context.waitForEvent('page');
  await page.getByTestId('link-open').click();
  await browser;
  await expect(page.getByTestId('link-host')).toHaveCount(0);
});

test('a link that is not what it looks like says so', async ({ open }) => {
  const page = await open({ world: 'links' });
  await page.getByTestId('conversation-row').filter({ hasText: 'Sibyl' }).click();
  await page.getByTestId('message-link').filter({ hasText: 'xn--pple-43d.com' }).click();
  await expect(page.getByTestId('link-host')).toHaveText('xn--pple-43d.com');
  await expect(page.getByTestId('link-doubt')).toHaveAttribute('data-doubt', 'lookalike');
  await expect(page.getByTestId('link-open')).toHaveText('Open anyway');
  await look(page, 'link-doubtful');
  await page.getByTestId('link-cancel').click();
  await page.getByTestId('message-link').filter({ hasText: 'bank.example' }).click();
  await expect(page.getByTestId('link-host')).toHaveText('192.0.2.7');
  await expect(page.getByTestId('link-doubt')).toHaveCount(3);
});

test('nothing covers the newest message when an edit is done or the window grows', async ({ open }) => {
  const page = await open({ world: 'still', width: 1000, height: 720 });
  await openBob(page);
  await expect.poll(() => belowView(page)).toBe(0);
  await page.getByTestId('composer').focus();
  await page.keyboard.press('ArrowUp');
  await expect(page.getByTestId('composer-context')).toBeVisible();
  await page.getByTestId('composer').fill('Shall I send it here?');
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('composer-context')).toHaveCount(0);
  await expect(lastMessage(page)).toContainText('Shall I send it here?');
  await drawn(page);
  await expect(page.getByTestId('jump-to-latest')).toHaveCount(0);

  await page.setViewportSize({ width: 1000, height: 900 });
  await drawn(page);
  await expect(lastMessage(page)).toBeInViewport({ ratio: 1 });
  await expect(page.getByTestId('jump-to-latest')).toHaveCount(0);
});

test('the newest message stays in view while Alice writes several lines, and the field shrinks with them', async ({
  open,
}) => {
  const page = await open({ world: 'still', width: 1000, height: 720 });
  await openBob(page);
  const field = page.getByTestId('composer');
  await field.focus();
  const height = async () => (await field.boundingBox())?.height ?? 0;
  const oneLine = await height();
  for (const line of [
    'First the letters,',
    'then the maps,',
    'then the table by the window,',
    'then lunch.',
  ]) {
    await page.keyboard.type(line);
    await drawn(page);
    expect(await belowView(page)).toBe(0);
    await page.keyboard.press('Shift+Enter');
  }
  expect(await height()).toBeGreaterThan(2 * oneLine);
  await expect(page.getByTestId('jump-to-latest')).toHaveCount(0);
  await field.fill('A word. '.repeat(400));
  await drawn(page);
  expect(await height()).toBeLessThanOrEqual(200);
  expect(await belowView(page)).toBe(0);
  await field.fill('');
  await drawn(page);
  expect(await height()).toBe(oneLine);
  expect(await belowView(page)).toBe(0);
  await expect(page.getByTestId('jump-to-latest')).toHaveCount(0);
});

test('a delivery state explains itself to the pointer and to the keyboard', async ({ open }) => {
  const page = await open({ world: 'still' });
  await openBob(page);
  const sign = lastMessage(page).getByTestId('explain');
  await sign.hover();
  await expect(page.getByTestId('explanation')).toContainText("arrived on your contact's computer");
  await page.mouse.move(0, 0);
  await expect(page.getByTestId('explanation')).toHaveCount(0);
  await sign.focus();
  await expect(page.getByTestId('explanation')).toBeVisible();
});
