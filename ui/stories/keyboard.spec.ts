import { arrives, expect, test, type Page } from './site';

const focusedId = (page: Page) =>
  page.evaluate(() => document.activeElement?.getAttribute('data-testid') ?? '');

test('Alice goes anywhere from one field', async ({ open }) => {
  const page = await open({ world: 'still' });
  await page.keyboard.press('Control+k');
  await expect(page.getByTestId('palette-input')).toBeFocused();
  await page.keyboard.type('bob');
  await expect(page.getByTestId('palette-entry')).toHaveCount(1);
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('conversation-name')).toHaveText('Bob Lindqvist');
  await expect(page.getByTestId('composer')).toBeFocused();

  await page.keyboard.press('Control+k');
  await page.keyboard.type('sett');
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('settings')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByTestId('settings')).toHaveCount(0);
});

test('the palette finds what can be done with the open conversation', async ({ open }) => {
  const page = await open({ world: 'still' });
  await page.getByTestId('conversation-row').filter({ hasText: 'Bob' }).click();
  for (const wish of ['mute', 'block', 'verif', 'export', 'recov']) {
    await page.keyboard.press('Control+k');
    await page.keyboard.type(wish);
    await expect(page.getByTestId('palette-entry').first()).toBeVisible();
    await page.keyboard.press('Escape');
  }
  await page.keyboard.press('Control+k');
  await page.keyboard.type('mute');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog', { name: 'Mute notifications' })).toBeVisible();
});

test('the palette begins the conversation with oneself, and lists it once it is there', async ({ open }) => {
  const page = await open({ world: 'still' });
  const notes = page.getByTestId('palette-entry').filter({ hasText: 'Note to self' });
  await page.keyboard.press('Control+k');
  await page.getByTestId('palette-input').fill('note');
  await expect(notes).toHaveAttribute('data-id', 'note-to-self');
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('conversation-name')).toHaveText('Note to self');
  await page.keyboard.press('Control+k');
  await page.getByTestId('palette-input').fill('note');
  await expect(notes).toHaveCount(1);
  await expect(notes).not.toHaveAttribute('data-id', 'note-to-self');
});

test('the palette leads to a backup', async ({ open }) => {
  const page = await open({ world: 'still' });
  await page.keyboard.press('Control+k');
  await page.getByTestId('palette-input').fill('backup');
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('backup')).toBeVisible();
});

for (const pane of ['open-inspector', 'menu-verification']) {
  test(`the palette searches the conversation beside which something else is open: ${pane}`, async ({
    open,
  }) => {
    const page = await open({ world: 'still' });
    await page.getByTestId('conversation-row').filter({ hasText: 'Bob' }).click();
    await page.getByTestId('conversation-menu').click();
    await page.getByTestId(pane).click();
    await expect(page.getByTestId('conversation')).toHaveCount(0);
    await page.keyboard.press('Control+k');
    await page.getByTestId('palette-input').fill('search in this');
    await page.keyboard.press('Enter');
    await expect(page.getByTestId('conversation-name')).toHaveText('Bob Lindqvist');
    await expect(page.getByTestId('search-words')).toBeFocused();
  });
}

test('what takes the place of a conversation begins at its heading', async ({ open }) => {
  const page = await open({ world: 'requests' });
  const heading = (pane: string) => page.getByTestId(pane).getByRole('heading', { level: 1 });
  await page.getByTestId('requests-open').click();
  await expect(heading('requests')).toBeFocused();
  await page.keyboard.press('Control+,');
  await expect(heading('settings')).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(heading('requests')).toBeFocused();

  await open({ world: 'still' });
  await page.getByTestId('conversation-row').filter({ hasText: 'Bob' }).click();
  await page.getByTestId('open-safety-number').click();
  await expect(heading('safety')).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(page.getByTestId('composer')).toBeFocused();
  await page.getByTestId('conversation-menu').focus();
  await page.keyboard.press('Enter');
  await page.getByTestId('open-inspector').focus();
  await page.keyboard.press('Enter');
  await expect(heading('inspector')).toBeFocused();
  await page.keyboard.press('Control+k');
  await page.getByTestId('palette-input').fill('verif');
  await page.keyboard.press('Enter');
  await expect(heading('safety')).toBeFocused();
});

test('the settings are left for where Alice was, and Escape alone leaves no conversation', async ({
  open,
}) => {
  const page = await open({ world: 'still' });
  await page.getByTestId('conversation-row').filter({ hasText: 'Bob' }).click();
  await expect(page.getByTestId('composer')).toBeFocused();
  await page.keyboard.press('Control+,');
  await expect(page.getByTestId('settings')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByTestId('composer')).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(page.getByTestId('conversation-name')).toHaveText('Bob Lindqvist');
});

test('each step of the first start can be typed in at once', async ({ open }) => {
  const page = await open({ world: 'first-start' });
  await page.getByTestId('onboarding-start').click();
  await expect(page.getByTestId('relay-address')).toBeFocused();
  await page.keyboard.type('relay.example.org');
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('display-name')).toBeFocused();
  await page.keyboard.type('Alice');
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('vault-keychain')).toBeVisible();
  await expect(page.locator('form :focus')).toHaveCount(1);
});

/** As on a machine that is too busy to draw. */
const withoutFrames = (page: Page) => page.evaluate(() => (window.requestAnimationFrame = () => 0));

test('what Alice types before a dialog is drawn is not lost in her message', async ({ open }) => {
  const page = await open({ world: 'still' });
  await page.getByTestId('conversation-row').filter({ hasText: 'Bob' }).click();
  await expect(page.getByTestId('composer')).toBeFocused();
  await withoutFrames(page);
  await page.keyboard.press('Control+k');
  await page.keyboard.type('sett');
  await expect(page.getByTestId('palette-input')).toHaveValue('sett');
  await expect(page.getByTestId('composer')).toHaveValue('');
});

test('a dialog that asks for something has the keyboard in the field', async ({ open }) => {
  const page = await open({ world: 'still' });
  await page.keyboard.press('Control+o');
  await expect(page.getByRole('dialog').getByRole('textbox').first()).toBeFocused();
});

test('a dialog gives the focus back to where it was', async ({ open }) => {
  const page = await open({ world: 'still' });
  await page.getByTestId('conversation-row').filter({ hasText: 'Bob' }).click();
  await expect(page.getByTestId('composer')).toBeFocused();
  for (const keys of ['Control+k', 'Control+/', 'Control+n']) {
    await page.keyboard.press(keys);
    await expect(page.getByRole('dialog')).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(page.getByRole('dialog')).toHaveCount(0);
    await expect(page.getByTestId('composer')).toBeFocused();
  }
});

test('a dialog opened from a menu gives the focus back to the menu', async ({ open }) => {
  const page = await open({ world: 'still' });
  await page.getByTestId('new-menu').focus();
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('invite-create')).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('invite-link')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect.poll(() => focusedId(page)).toBe('new-menu');
});

test('the question mark shows the shortcuts, but not while Alice is writing one', async ({ open }) => {
  const page = await open({ world: 'still' });
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible();
  await page.keyboard.press('Escape');
  await page.getByTestId('conversation-row').filter({ hasText: 'Bob' }).click();
  await page.getByTestId('composer').press('?');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect(page.getByTestId('composer')).toHaveValue('?');
});

test('the first stops of the Tab key skip to the list and to writing', async ({ open }) => {
  const page = await open({ world: 'still' });
  await page.keyboard.press('Tab');
  await expect(page.getByTestId('skip-to-list')).toBeFocused();
  await expect(page.getByTestId('skip-to-list')).toBeInViewport({ ratio: 1 });
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('conversation-row').first()).toBeFocused();
  await page.getByTestId('conversation-row').filter({ hasText: 'Bob' }).click();
  await page.getByTestId('skip-to-foot').focus();
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('composer')).toBeFocused();
});

test('every stop of the Tab key can be seen', async ({ open }) => {
  const page = await open({ world: 'still' });
  await page.getByTestId('conversation-row').filter({ hasText: 'Dmitri' }).click();
  await page.evaluate(() => (document.activeElement as HTMLElement).blur());
  const unseen: string[] = [];
  for (let stop = 0; stop < 24; stop++) {
    await page.keyboard.press('Tab');
    const problem = await page.evaluate(() => {
      const one = document.activeElement;
      if (!one || one === document.body) return null;
      // A field inside a frame of its own shows the focus on the frame.
      const framed = one.closest('.composer, .filter') ?? one;
      const { outlineStyle, outlineWidth } = getComputedStyle(framed);
      const { outlineStyle: own } = getComputedStyle(one);
      const shows = own !== 'none' || outlineStyle !== 'none' || framed.matches('.composer');
      const { width, height } = one.getBoundingClientRect();
      return shows && width > 4 && height > 4 ? null : `${one.outerHTML.slice(0, 90)} ${outlineWidth}`;
    });
    if (problem !== null) unseen.push(problem);
  }
  expect(unseen).toEqual([]);
});

test('what Bob writes is read out, and what Alice writes is not', async ({ open }) => {
  const page = await open({ world: 'still' });
  await page.getByTestId('conversation-row').filter({ hasText: 'Bob' }).click();
  await page.getByTestId('composer').fill('Hello');
  await page.getByTestId('composer').press('Enter');
  const region = page.locator('[aria-live="polite"].visually-hidden');
  await expect(page.getByTestId('message').last()).toContainText('Hello');
  await expect(region).toHaveText('');
  await arrives(page, 'b0b7a2c4', 'Good evening.');
  await expect(region).toHaveText('Bob Lindqvist: Good evening.');
});

test('spacing and contrast stay as Alice set them', async ({ open }) => {
  const page = await open({ world: 'still' });
  await page.getByTestId('settings-open').click();
  await page.getByTestId('settings-density-compact').check();
  await page.getByTestId('settings-contrast').check();
  await page.goto('/?world=still&chrome=off&latency=0');
  await expect(page.locator('html')).toHaveAttribute('data-density', 'compact');
  await expect(page.locator('html')).toHaveAttribute('data-contrast', 'more');
});

test('a system that asks for more contrast gets it', async ({ open }) => {
  const page = await open({ world: 'still' });
  await expect(page.locator('html')).toHaveAttribute('data-contrast', 'normal');
  await page.emulateMedia({ contrast: 'more' });
  await expect(page.locator('html')).toHaveAttribute('data-contrast', 'more');
});

test('who waits to be accepted is reached from the palette, while somebody does', async ({ open }) => {
  const page = await open({ world: 'requests' });
  await page.keyboard.press('Control+k');
  await page.getByTestId('palette-input').fill('requests');
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('requests')).toBeVisible();

  const nobody = await open({ world: 'still' });
  await nobody.keyboard.press('Control+k');
  await nobody.getByTestId('palette-input').fill('message requests');
  await expect(nobody.getByTestId('palette-entry').filter({ hasText: 'Message requests' })).toHaveCount(0);
});
