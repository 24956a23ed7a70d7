import { expect, look, test, violationsOf, type Page } from './site';

const to = async (page: Page, name: string) => {
  await page.getByTestId('conversation-row').filter({ hasText: name }).click();
  await expect(page.getByTestId('message').last()).toBeVisible();
};

const behind = async (page: Page) => {
  await to(page, 'Maya');
  await page.getByTestId('conversation-menu').click();
  await page.getByTestId('open-inspector').click();
  await expect(page.getByTestId('ratchet')).toBeVisible();
};

const number = (page: Page, name: string) => page.getByTestId(`number-${name}`);

test('by keyboard alone behind the curtain and back, from the menu and from the palette', async ({
  open,
}) => {
  const page = await open({ world: 'still' });
  await to(page, 'Maya');
  await page.getByTestId('conversation-menu').focus();
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('open-inspector')).toBeVisible();
  await page.getByTestId('open-inspector').focus();
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('inspector')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByTestId('conversation')).toBeVisible();

  await page.keyboard.press('Control+k');
  await page.keyboard.type('curtain');
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('inspector')).toBeVisible();
});

test('the picture moves with each message, and says in words where it stands', async ({ open }) => {
  const page = await open({ world: 'still' });
  await behind(page);
  await expect(number(page, 'root')).toHaveText('38');
  await expect(number(page, 'sent')).toHaveText('2');
  await expect(page.getByTestId('ratchet-picture')).toHaveAccessibleName(/step 38/);

  await page.getByTestId('inspector-close').click();
  await page.getByTestId('composer').fill('Watch the ratchet.');
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('message').last()).toContainText('Watch the ratchet.');
  await page.getByTestId('conversation-menu').click();
  await page.getByTestId('open-inspector').click();
  await expect(number(page, 'sent')).toHaveText('3');
  await expect(page.getByTestId('exchange-outgoing')).toContainText('15 of 36');
});

test('an answer turns the ratchet while Alice looks', async ({ open }) => {
  const page = await open({ world: 'busy' });
  // Nobody but Alice begins anything in the conversation with Ines.
  await to(page, 'Ines Ferreira');
  await page.getByTestId('composer').fill('Watch the ratchet.');
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('message').last()).toContainText('Watch the ratchet.');
  await page.getByTestId('conversation-menu').click();
  await page.getByTestId('open-inspector').click();
  await page.clock.fastForward(30_000);
  await expect(number(page, 'root')).toHaveText('40');
  await expect(number(page, 'sent')).toHaveText('0');
  await expect(page.getByTestId('chain-step-theirs').last()).toHaveText('1');
});

test('keys that wait for late messages are shown, and what a thief could do with them', async ({ open }) => {
  const page = await open({ world: 'late-messages' });
  await behind(page);
  await expect(number(page, 'held')).toHaveText('4');
  await expect(page.getByTestId('could')).toContainText('4 late messages');
  await expect(number(page, 'archived')).toHaveText('2');
});

test('a session that nobody has answered in says so', async ({ open }) => {
  const page = await open({ world: 'unanswered' });
  await behind(page);
  await expect(page.getByTestId('unanswered')).toBeVisible();
  await expect(page.getByTestId('could')).not.toContainText('late');
});

test('there is nothing behind the curtain of notes to oneself', async ({ open }) => {
  const page = await open({ world: 'still' });
  await page.getByTestId('new-menu').click();
  await page.getByTestId('note-to-self').click();
  await page.getByTestId('conversation-menu').click();
  await expect(page.getByTestId('timer')).toBeVisible();
  await expect(page.getByTestId('open-inspector')).toHaveCount(0);
});

const scenes = [
  { name: 'inspector', world: 'still', theme: 'light' },
  { name: 'inspector-dark', world: 'still', theme: 'dark' },
  { name: 'inspector-late', world: 'late-messages', theme: 'light' },
  { name: 'inspector-unanswered', world: 'unanswered', theme: 'dark' },
  { name: 'inspector-360', world: 'late-messages', theme: 'light', width: 360 },
  { name: 'inspector-360-german', world: 'still', theme: 'dark', width: 360, locale: 'de' },
  { name: 'inspector-arabic', world: 'late-messages', theme: 'light', locale: 'ar' },
  { name: 'inspector-arabic-360', world: 'still', theme: 'dark', locale: 'ar', width: 360 },
] as const;
for (const { name, ...scene } of scenes) {
  test(`${name} is whole and clean`, async ({ open }) => {
    const page = await open({ ...scene, height: 1700 });
    await behind(page);
    await look(page, name);
    const tooWide = await page
      .getByTestId('inspector')
      .evaluate((pane) =>
        [...pane.querySelectorAll('.scroll')].some((box) => box.scrollWidth > box.clientWidth),
      );
    expect(tooWide, 'nothing is wider than the window').toBe(false);
  });
}

test('more contrast and the pseudo-locale leave it readable', async ({ open }) => {
  const page = await open({ world: 'late-messages', contrast: 'more', locale: 'en-XA', height: 1700 });
  await behind(page);
  expect(await violationsOf(page)).toEqual([]);
});
