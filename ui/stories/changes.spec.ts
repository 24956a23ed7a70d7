import { expect, look, test, type Page } from './site';

const openNadia = async (page: Page) => {
  await page.getByTestId('conversation-row').filter({ hasText: 'Nadia' }).click();
  await expect(page.getByTestId('message').last()).toBeVisible();
};

const message = (page: Page, text: string) => page.getByTestId('message').filter({ hasText: text }).last();

const choose = async (page: Page, text: string, item: string) => {
  await message(page, text).hover();
  await message(page, text).getByTestId('message-menu').click();
  await page.getByTestId(item).click();
};

test('Alice replies to a message, and what she replies to stands above her words', async ({ open }) => {
  const page = await open({ world: 'lively' });
  await openNadia(page);
  await choose(page, 'behind the bicycles', 'message-reply');
  await expect(page.getByTestId('composer-context')).toContainText('Reply to');
  await expect(page.getByTestId('composer')).toBeFocused();
  await page.keyboard.type('Thank you');
  await page.keyboard.press('Enter');
  await expect(message(page, 'Thank you').getByTestId('quote')).toContainText('behind the bicycles');
  await expect(page.getByTestId('composer-context')).toHaveCount(0);
  await message(page, 'Thank you').getByTestId('quote').click();
  await expect(message(page, 'behind the bicycles')).toBeInViewport();
});

test('Alice reacts by keyboard, thinks again and takes it back', async ({ open }) => {
  const page = await open({ world: 'lively' });
  await openNadia(page);
  const menu = message(page, 'Found it on the plan').getByTestId('message-menu');
  await menu.focus();
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('react').first()).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  const mine = message(page, 'Found it on the plan').getByTestId('reaction-mine');
  await expect(mine).toHaveText('❤️');
  await mine.click();
  await expect(mine).toHaveCount(0);
});

test('Alice edits her last message with the arrow key, and its earlier text can be seen', async ({
  open,
}) => {
  const page = await open({ world: 'lively' });
  await openNadia(page);
  await page.getByTestId('composer').focus();
  await page.keyboard.press('ArrowUp');
  await expect(page.getByTestId('composer')).toHaveValue('Found it on the plan. See you there.');
  await page.keyboard.press('Escape');
  await expect(page.getByTestId('composer')).toHaveValue('');
  await page.keyboard.press('ArrowUp');
  await page.getByTestId('composer').fill('Found it. See you there!');
  await page.keyboard.press('Enter');
  await expect(message(page, 'Found it. See you there!').getByTestId('message-edited')).toBeVisible();
  await message(page, 'Found it. See you there!').getByTestId('message-edited').click();
  await expect(page.getByTestId('earlier-text')).toContainText('Found it on the plan.');
  await look(page, 'message-earlier-light');
});

test('an edit without a connection waits, as a new message does', async ({ open }) => {
  const page = await open({ world: 'offline' });
  await page.getByTestId('conversation-row').filter({ hasText: 'Bob' }).click();
  const last = page.getByTestId('message').last();
  await expect(last).toHaveAttribute('data-delivery', 'delivered');
  await page.getByTestId('composer').focus();
  await page.keyboard.press('ArrowUp');
  await page.getByTestId('composer').fill('Shall I send it here?');
  await page.keyboard.press('Enter');
  await expect(last).toContainText('Shall I send it here?');
  await expect(last).toHaveAttribute('data-delivery', 'queued');
  await expect(last).toContainText('Waiting to be sent');
  await look(page, 'message-edit-waits-light');
});

test('a deletion without a connection waits; with one, nothing is left to be said of it', async ({
  open,
}) => {
  const last = async (world: string, name: string) => {
    const page = await open({ world });
    await page.getByTestId('conversation-row').filter({ hasText: name }).click();
    await page.getByTestId('message').last().hover();
    await page.getByTestId('message').last().getByTestId('message-menu').click();
    await page.getByTestId('message-delete').click();
    await page.getByTestId('delete-confirm').click();
    await expect(page.getByTestId('message').last().getByTestId('message-deleted')).toBeVisible();
    return page.getByTestId('message').last();
  };
  await expect(await last('offline', 'Bob')).toContainText('Waiting to be sent');
  await expect(await last('still', 'Bob')).toHaveAttribute('data-delivery', '');
});

test('a deletion that waits shows it between other messages, too', async ({ open }) => {
  const page = await open({ world: 'offline' });
  await page.getByTestId('conversation-row').filter({ hasText: 'Bob' }).click();
  const place = page.getByTestId('message').nth(-2);
  await expect(place.getByTestId('explain')).toHaveCount(0);
  await place.hover();
  await place.getByTestId('message-menu').click();
  await page.getByTestId('message-delete').click();
  await page.getByTestId('delete-confirm').click();
  await expect(place.getByTestId('message-deleted')).toBeVisible();
  await expect(place.getByTestId('explain')).toBeVisible();
});

test('what Alice deletes leaves its place', async ({ open }) => {
  const page = await open({ world: 'lively' });
  await openNadia(page);
  await choose(page, 'Found it on the plan', 'message-delete');
  await look(page, 'message-delete-light');
  await page.getByTestId('delete-confirm').click();
  await expect(message(page, 'Found it on the plan')).toHaveCount(0);
  await expect(page.getByTestId('message').last().getByTestId('message-deleted')).toBeVisible();
});

test('Alice sets the timer, and mutes Nadia', async ({ open }) => {
  const page = await open({ world: 'lively' });
  await openNadia(page);
  await page.getByTestId('conversation-menu').click();
  await page.getByTestId('timer').click();
  await look(page, 'timer-light');
  await page.locator('[data-testid="timer-choice"][data-seconds="3600"]').check();
  await page.getByTestId('timer-save').click();
  await expect(page.getByTestId('timer-set').last()).toContainText('1 hour');
  await page.getByTestId('conversation-menu').click();
  await page.getByTestId('mute').click();
  await page.getByTestId('mute-save').click();
  await expect(page.getByTestId('muted-sign')).toBeVisible();
  await page.getByTestId('conversation-menu').click();
  await page.getByTestId('unmute').click();
  await expect(page.getByTestId('muted-sign')).toHaveCount(0);
});

test('a message whose time is over disappears', async ({ open }) => {
  const page = await open({ world: 'lively' });
  await openNadia(page);
  const last = page.getByTestId('message').last();
  const id = Number(await last.getAttribute('data-message-id'));
  await page.evaluate((id) => {
    const { sotto } = window as unknown as { sotto: (event: unknown) => void };
    sotto({ kind: 'messageRemoved', conversation: '1a11ada5', id });
  }, id);
  await expect(page.locator(`[data-message-id="${id}"]`)).toHaveCount(0);
});

test('Alice writes a note to herself, and a kept draft is there', async ({ open }) => {
  const page = await open({ world: 'lively' });
  await page.getByTestId('conversation-row').filter({ hasText: 'Ines' }).click();
  await expect(page.getByTestId('composer')).toHaveValue('Friday at six, by the');
  await page.getByTestId('new-menu').click();
  await page.getByTestId('note-to-self').click();
  await expect(page.getByTestId('conversation-name')).toHaveText('Note to self');
  await expect(page.getByTestId('open-safety-number')).toHaveCount(0);
  await page.getByTestId('composer').fill('Milk');
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('message').last()).toContainText('Milk');
  await look(page, 'note-to-self-light');
});

for (const [name, scene] of [
  ['light', {}],
  ['dark', { theme: 'dark' }],
  ['ar', { locale: 'ar' }],
  ['360', { width: 360 }],
] as const) {
  test(`all that can be done with messages looks right, ${name}`, async ({ open }) => {
    const page = await open({ world: 'lively', height: 900, ...scene });
    await openNadia(page);
    await look(page, `conversation-lively-${name}`);
    await choose(page, 'Found it on the plan', 'message-reply');
    await message(page, 'behind the bicycles').hover();
    await message(page, 'behind the bicycles').getByTestId('message-menu').click();
    await look(page, `message-menu-${name}`);
  });
}

test('the menu of a message low in the list is all there', async ({ open }) => {
  const page = await open({ world: 'lively', height: 560 });
  await openNadia(page);
  const low = page
    .getByTestId('message')
    .filter({ has: page.getByTestId('message-menu') })
    .last();
  await low.hover();
  await low.getByTestId('message-menu').click();
  const entries = page.getByRole('menuitem');
  await expect(entries.last()).toBeVisible();
  // What covers an entry, or cuts it off, is found at its place instead of it.
  const hidden = await entries.evaluateAll(
    (list) =>
      list.filter((entry) => {
        const { left, top, width, height } = entry.getBoundingClientRect();
        return !entry.contains(document.elementFromPoint(left + width / 2, top + height - 2));
      }).length,
  );
  expect(hidden).toBe(0);
});

test('the menu of a message opens for who presses without pointing, as a screen reader does', async ({
  open,
}) => {
  const page = await open({ world: 'lively' });
  await openNadia(page);
  const button = message(page, 'behind the bicycles').getByTestId('message-menu');
  await button.evaluate((element: HTMLElement) => element.click());
  await expect(page.getByTestId('message-reply')).toBeVisible();
});

test('the right mouse button opens the menu of a message, and nowhere the one of the web view', async ({
  open,
}) => {
  const page = await open({ world: 'lively' });
  await openNadia(page);
  await page.evaluate(() => {
    const asked: string[] = [];
    Object.assign(window, { asked });
    window.addEventListener('contextmenu', (event) => {
      queueMicrotask(() => asked.push(event.defaultPrevented ? 'ours' : 'native'));
    });
  });
  await message(page, 'behind the bicycles').getByTestId('message-text').click({ button: 'right' });
  await expect(page.getByTestId('message-reply')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByTestId('message-reply')).toHaveCount(0);
  await page.getByTestId('conversation-name').click({ button: 'right' });
  await page.getByTestId('composer').click({ button: 'right' });
  expect(await page.evaluate(() => (window as unknown as { asked: string[] }).asked)).toEqual([
    'ours',
    'ours',
    'native',
  ]);
});
