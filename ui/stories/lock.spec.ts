import { arrives, expect, test, type Page } from './site';

const GOOD = 'four quiet words here';
const CODE = ['7K2QM', '0XV4T', 'P9DHB', '3WZ8C', 'M5RGE', '1FN6Y', 'QJ0S2', 'TAK7V'];

const prove = async (page: Page, passphrase: string) => {
  await page.getByTestId('proof').fill(passphrase);
  await page.getByTestId('proof').press('Enter');
};

const stage = (page: Page) => page.getByTestId('app');

const wayIn = (page: Page, slot: string) => page.locator(`[data-testid="way-in"][data-slot="${slot}"]`);

const toSettings = (page: Page) => page.getByTestId('settings-open').click();

test('Alice locks her window from the keyboard, and finds it as it was', async ({ open }) => {
  const page = await open({ world: 'with-passphrase' });
  await page.getByTestId('conversation-row').filter({ hasText: 'Bob' }).click();
  await page.getByTestId('composer').fill('What I was about to say');
  await page.keyboard.press('Control+l');
  await expect(stage(page)).toHaveAttribute('data-stage', 'locked');
  await expect(page.getByTestId('locked')).toHaveAttribute('data-receiving', 'true');
  await expect(page.getByTestId('proof')).toBeFocused();

  await prove(page, 'wrong');
  await expect(page.getByTestId('form-error')).toHaveAttribute('data-code', 'wrong_passphrase');
  await expect(page.getByTestId('proof')).toHaveValue('');
  await prove(page, GOOD);
  await expect(page.getByTestId('conversation-name')).toHaveText('Bob Lindqvist');
  await expect(page.getByTestId('composer')).toHaveValue('What I was about to say');
});

test('while it is locked the page holds nothing of anybody, whatever arrives', async ({ open }) => {
  const page = await open({ world: 'with-passphrase' });
  await page.getByTestId('conversation-row').filter({ hasText: 'Bob' }).click();
  await expect(page.getByTestId('message').last()).toBeVisible();
  await page.getByTestId('new-menu').click();
  await page.getByTestId('lock').click();
  await expect(page.getByTestId('locked')).toBeVisible();
  await arrives(page, 'b0b7a2c4', 'Meet me at the old mill');
  const text = await page.evaluate(() => `${document.title} ${document.documentElement.outerHTML}`);
  for (const said of ['Bob', 'Maya', 'old mill', 'Alice Moreau']) expect(text).not.toContain(said);
  await expect(page).toHaveTitle('Sotto');
  await page.keyboard.press('Control+k');
  await expect(page.getByRole('dialog')).toHaveCount(0);
});

test('a window that is locked while a dialog is open shows no dialog, then or later', async ({ open }) => {
  const page = await open({ world: 'with-passphrase' });
  await page.keyboard.press('Control+n');
  await expect(page.getByTestId('invite-link')).toBeVisible();
  await page.keyboard.press('Control+l');
  await expect(page.getByTestId('locked')).toBeVisible();
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await prove(page, GOOD);
  await expect(page.getByTestId('conversation-row').first()).toBeVisible();
  await expect(page.getByRole('dialog')).toHaveCount(0);
});

test('without a passphrase the lock asks for one, and then locks', async ({ open }) => {
  const page = await open({ world: 'still' });
  await page.keyboard.press('Control+l');
  await expect(page.getByRole('dialog', { name: 'Set a passphrase' })).toBeVisible();
  await page.getByTestId('passphrase').fill(GOOD);
  await page.getByTestId('passphrase-repeat').fill(GOOD);
  await page.getByTestId('passphrase-save').click();
  await expect(page.getByTestId('locked')).toBeVisible();
  await prove(page, GOOD);
  await expect(page.getByTestId('conversation-row').first()).toBeVisible();
});

test('the window locks itself when Alice is away for as long as she said', async ({ open }) => {
  const page = await open({ world: 'with-passphrase' });
  await toSettings(page);
  await page.getByTestId('lock-after').selectOption({ label: '5 minutes' });
  await page.clock.fastForward('04:00');
  await page.mouse.move(300, 300);
  await page.clock.fastForward('04:00');
  await expect(page.getByTestId('settings')).toBeVisible();
  await page.clock.fastForward('01:30');
  await expect(page.getByTestId('locked')).toBeVisible();
});

test('a time to lock after is kept only once there is a passphrase', async ({ open }) => {
  const page = await open({ world: 'still' });
  await toSettings(page);
  await page.getByTestId('lock-after').selectOption({ label: '15 minutes' });
  await expect(page.getByRole('dialog', { name: 'Set a passphrase' })).toBeVisible();
  await page.getByTestId('dialog-close').click();
  await expect(page.getByTestId('lock-after')).toHaveValue('never');
  await page.getByTestId('lock-after').selectOption({ label: '15 minutes' });
  await page.getByTestId('passphrase').fill(GOOD);
  await page.getByTestId('passphrase-repeat').fill(GOOD);
  await page.getByTestId('passphrase-save').click();
  await expect(page.getByTestId('lock-after')).toHaveValue('15');
});

test('who has a passphrase may keep the window open when the computer sleeps', async ({ open }) => {
  const page = await open({ world: 'with-passphrase' });
  await toSettings(page);
  const withSystem = page.getByRole('switch', { name: 'Lock when this computer sleeps' });
  await expect(withSystem).toBeChecked();
  await withSystem.click();
  await page.getByTestId('settings-close').click();
  await toSettings(page);
  await expect(withSystem).not.toBeChecked();
});

test('without a passphrase there is nothing to lock with the computer', async ({ open }) => {
  const page = await open({ world: 'still' });
  await toSettings(page);
  await expect(page.getByTestId('lock-after')).toBeVisible();
  await expect(page.getByTestId('lock-with-system')).toHaveCount(0);
});

test('who changes the passphrase has to know the present one', async ({ open }) => {
  const page = await open({ world: 'with-passphrase' });
  await toSettings(page);
  await wayIn(page, 'passphrase').getByTestId('way-in-set').click();
  await expect(page.getByTestId('proof')).toBeFocused();
  await page.getByTestId('passphrase').fill(GOOD);
  await page.getByTestId('passphrase-repeat').fill(GOOD);
  await expect(page.getByTestId('passphrase-save')).toBeDisabled();
  await page.getByTestId('proof').fill('wrong');
  await page.getByTestId('passphrase-save').click();
  await expect(page.getByTestId('form-error')).toHaveAttribute('data-code', 'wrong_passphrase');
  await page.getByTestId('proof').fill(GOOD);
  await page.getByTestId('passphrase-save').click();
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect(page.getByTestId('toast')).toContainText('The passphrase is in place.');
});

test('the passphrase can be removed while the keychain remains', async ({ open }) => {
  const page = await open({ world: 'with-passphrase' });
  await toSettings(page);
  await wayIn(page, 'passphrase').getByTestId('way-in-remove').click();
  await page.getByTestId('proof').fill(GOOD);
  await page.getByTestId('way-in-confirm').click();
  await expect(wayIn(page, 'passphrase')).toHaveAttribute('data-set', 'false');
  await expect(wayIn(page, 'keychain').getByTestId('way-in-remove')).toHaveCount(0);
});

test('the only way in for every day cannot be removed, and another can be added', async ({ open }) => {
  const page = await open({ world: 'passphrase-only' });
  await toSettings(page);
  await expect(wayIn(page, 'passphrase').getByTestId('way-in-remove')).toHaveCount(0);
  await wayIn(page, 'keychain').getByTestId('way-in-set').click();
  await page.getByTestId('proof').fill(GOOD);
  await page.getByTestId('way-in-confirm').click();
  await expect(wayIn(page, 'keychain')).toHaveAttribute('data-set', 'true');
  await wayIn(page, 'keychain').getByTestId('way-in-remove').click();
  await page.getByTestId('proof').fill(GOOD);
  await page.getByTestId('way-in-confirm').click();
  await expect(wayIn(page, 'keychain')).toHaveAttribute('data-set', 'false');
});

test('a recovery code is shown, copied, typed back and then a way in', async ({ open, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const page = await open({ world: 'with-passphrase' });
  await toSettings(page);
  await wayIn(page, 'recoveryCode').getByTestId('way-in-set').click();
  await prove(page, GOOD);
  await expect(page.getByTestId('recovery-sheet')).toContainText(CODE[0] ?? '');
  await page.getByTestId('recovery-copy').click();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(CODE.join(' '));
  await page.getByTestId('recovery-written').click();
  await expect(page.getByTestId('recovery-sheet')).toHaveCount(0);

  const typed = page.getByTestId('recovery-typed');
  await expect(typed.first()).toBeFocused();
  await typed.first().fill('p9dhb');
  await typed.last().fill('QJOSZ');
  await page.getByTestId('recovery-check').click();
  await expect(typed.last()).toHaveAttribute('aria-invalid', 'true');
  await expect(typed.first()).not.toHaveAttribute('aria-invalid', 'true');
  await page.getByTestId('recovery-again').click();
  await expect(page.getByTestId('recovery-sheet')).toBeVisible();
  await page.getByTestId('recovery-written').click();
  await typed.first().fill('p9dhb');
  await typed.last().fill('QJOS2');
  await page.getByTestId('recovery-check').click();
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect(wayIn(page, 'recoveryCode')).toHaveAttribute('data-set', 'true');
});

test('a recovery code that was not typed back is no way in', async ({ open }) => {
  const page = await open({ world: 'still' });
  await toSettings(page);
  await wayIn(page, 'recoveryCode').getByTestId('way-in-set').click();
  await page.getByTestId('way-in-confirm').click();
  await page.getByTestId('recovery-written').click();
  await page.getByTestId('dialog-close').click();
  await expect(wayIn(page, 'recoveryCode')).toHaveAttribute('data-set', 'false');
});

test('a mistyped recovery code says in which group, and then opens; a new passphrase is asked for', async ({
  open,
}) => {
  const page = await open({ world: 'locked-with-code' });
  await page.getByTestId('proof-change').click();
  const field = page.getByTestId('recovery-code');
  await field.pressSequentially(CODE.slice(0, 2).join(' ').toLowerCase());
  await expect(page.locator('[data-testid="code-group"][data-state="typed"]')).toHaveCount(2);
  await field.fill(CODE.map((group, at) => (at === 4 ? 'M5RGF' : group)).join('-'));
  await expect(page.getByTestId('code-group').nth(4)).toHaveAttribute('data-state', 'wrong');
  await expect(page.getByTestId('code-note')).toContainText('group 5');
  await page.getByTestId('unlock').click();
  await expect(page.getByTestId('form-error')).toHaveAttribute('data-code', 'mistyped_recovery_code');
  await expect(field).not.toHaveValue('');
  await field.fill(CODE.join(' ').toLowerCase().replace('0', 'o'));
  await expect(page.getByTestId('code-note')).toContainText('whole recovery code');
  await page.getByTestId('unlock').click();

  await expect(page.getByRole('dialog', { name: 'Choose a new passphrase' })).toBeVisible();
  await expect(page.getByTestId('proof')).toHaveCount(0);
  await page.getByTestId('passphrase').fill(GOOD);
  await page.getByTestId('passphrase-repeat').fill(GOOD);
  await page.getByTestId('passphrase-save').click();
  await expect(page.getByRole('dialog')).toHaveCount(0);
});

test('a keychain that lost the keys gets them back from who has another way in', async ({ open }) => {
  const page = await open({ world: 'trouble-keychain-lost' });
  await expect(page.getByTestId('trouble')).toContainText('Your messages are all still here');
  await page.getByTestId('recovery-code').fill(CODE.join(' '));
  await expect(page.getByTestId('trouble-restore')).toBeChecked();
  await page.getByTestId('unlock').click();
  await expect(stage(page)).toHaveAttribute('data-stage', 'ready');
  await expect(page.getByTestId('toast')).toContainText('The keys are in the keychain.');
});

test('without a keychain the passphrase opens the account all the same', async ({ open }) => {
  const page = await open({ world: 'trouble-keychain-absent' });
  await prove(page, GOOD);
  await expect(page.getByTestId('conversation-row').first()).toBeVisible();
});

test('who has lost every way in may begin anew, and nothing is deleted', async ({ open }) => {
  const page = await open({ world: 'trouble-keychain-missing' });
  await expect(page.getByTestId('trouble')).toContainText('Sotto will not delete anything');
  await expect(page.getByTestId('unlock')).toHaveCount(0);
  await page.getByTestId('trouble-set-aside').click();
  await expect(page.getByRole('dialog')).toContainText('nothing in it is deleted');
  await page.getByTestId('trouble-set-aside-confirm').click();
  await expect(stage(page)).toHaveAttribute('data-stage', 'ready');
});
