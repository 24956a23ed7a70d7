import { expect, look, test } from './site';

test('Alice makes an account on a relay of her own', async ({ open }) => {
  const page = await open({ world: 'first-start' });
  await page.getByTestId('onboarding-start').click();
  const top = async () => Math.round((await page.getByTestId('relay-continue').boundingBox())?.y ?? 0);
  const before = await top();
  await page.getByTestId('relay-this-computer').click();
  await expect(page.getByTestId('relay-address')).toHaveCount(0);
  expect(Math.abs((await top()) - before)).toBeLessThanOrEqual(1);
  await look(page, 'onboarding-relay-here');
  await page.getByTestId('relay-continue').click();
  await page.getByTestId('display-name').fill('Alice');
  await page.getByTestId('name-continue').click();
  await expect(page.getByTestId('vault-keychain')).toBeChecked();
  await page.getByTestId('create-account').click();
  await expect(page.getByTestId('app')).toHaveAttribute('data-stage', 'ready');

  await page.getByTestId('empty-invite-create').click();
  await expect(page.getByTestId('invite-loopback')).toContainText('on this computer only');
  await look(page, 'invite-loopback');
  await page.getByTestId('dialog-close').click();
  await page.getByTestId('settings-open').click();
  await expect(page.getByTestId('settings-relay-text')).toContainText('Other computers cannot reach it');
});

test('an invite that cannot be made says why, and can be tried again', async ({ open }) => {
  const page = await open({ world: 'empty' });
  await page.goto('/?world=empty&failure=relay_unreachable&latency=0&chrome=off');
  await page.getByTestId('empty-invite-create').click();
  await expect(page.getByTestId('form-error')).toContainText('Your relay does not answer');
  await look(page, 'invite-no-relay');
  await page.getByTestId('invite-again').click();
  await expect(page.getByTestId('form-error')).toBeVisible();
});

test('a relay that does not answer keeps Alice on the step and says why', async ({ open }) => {
  const page = await open({ world: 'first-start' });
  await page.getByTestId('onboarding-start').click();
  await page.getByTestId('relay-address').fill('');
  await page.getByTestId('relay-continue').click();
  await expect(page.getByTestId('relay-status')).toContainText('Type an address');
  await page.getByTestId('relay-address').fill('relay.nowhere.example');
  await page.getByTestId('relay-continue').click();
  await expect(page.getByTestId('relay-status')).toHaveAttribute('data-state', 'bad');
  await expect(page.getByTestId('relay-status')).toContainText('No relay answers there.');
  await page.getByTestId('relay-address').fill('relay.example.org');
  await page.getByTestId('relay-continue').click();
  await expect(page.getByTestId('display-name')).toBeVisible();
});

test('without a keychain the passphrase is offered, and a short one is refused', async ({ open }) => {
  const page = await open({ world: 'no-keychain' });
  await page.getByTestId('onboarding-start').click();
  await page.getByTestId('relay-continue').click();
  await page.getByTestId('display-name').fill('Alice');
  await page.getByTestId('name-continue').click();
  await expect(page.getByTestId('vault-keychain')).toBeDisabled();
  await expect(page.getByTestId('vault-passphrase')).toBeChecked();
  await page.getByTestId('passphrase').fill('short');
  await page.getByTestId('create-account').click();
  await expect(page.getByTestId('passphrase')).toBeFocused();
  await page.getByTestId('passphrase-show').first().click();
  await expect(page.getByTestId('passphrase')).toHaveAttribute('type', 'text');
  await page.getByTestId('passphrase-show').first().click();
  await expect(page.getByTestId('passphrase')).toHaveAttribute('type', 'password');
  await expect(page.getByTestId('passphrase')).toHaveAccessibleDescription(/too short/);
  await page.getByTestId('passphrase').fill('four quiet words here');
  await page.getByTestId('passphrase-repeat').fill('four quiet words her');
  await page.getByTestId('create-account').click();
  await expect(page.getByTestId('passphrase-repeat')).toBeFocused();
  await expect(page.getByTestId('passphrase-repeat')).toHaveAccessibleDescription(/not the same/);
  await expect(page.getByTestId('passphrase')).not.toHaveAttribute('aria-invalid');
  await expect(page.getByTestId('form-error')).toHaveCount(0);
  await page.getByTestId('passphrase-repeat').fill('four quiet words here');
  await page.getByTestId('create-account').click();
  await expect(page.getByTestId('app')).toHaveAttribute('data-stage', 'ready');
});

test('a wrong passphrase is said to be wrong, and the right one opens', async ({ open }) => {
  const page = await open({ world: 'locked' });
  await page.getByTestId('proof').fill('wrong');
  await page.getByTestId('unlock').click();
  await expect(page.getByTestId('form-error')).toHaveAttribute('data-code', 'wrong_passphrase');
  await expect(page.getByTestId('proof')).toHaveValue('');
  await page.getByTestId('proof').fill('four quiet words here');
  await page.getByTestId('unlock').click();
  await expect(page.getByTestId('conversation-row').first()).toBeVisible();
});

test('a damaged store is set aside only after a second thought', async ({ open }) => {
  const page = await open({ world: 'trouble-corrupted' });
  await page.getByTestId('trouble-set-aside').click();
  await page.getByTestId('dialog-close').click();
  await expect(page.getByTestId('trouble')).toBeVisible();
  await page.getByTestId('trouble-set-aside').click();
  await page.getByTestId('trouble-set-aside-confirm').click();
  await expect(page.getByTestId('app')).toHaveAttribute('data-stage', 'ready');
});

test('Alice is told of the backup until she says that she has seen it', async ({ open }) => {
  const page = await open({ world: 'restored' });
  await expect(page.getByTestId('restored-file')).toContainText('messages.db.damaged-');
  await page.keyboard.press('Escape');
  await expect(page.getByTestId('restored')).toBeHidden();

  await page.reload();
  await page.getByTestId('restored-seen').click();
  await expect(page.getByTestId('restored')).toBeHidden();
  await page.getByTestId('conversation-row').filter({ hasText: 'Bob' }).click();
  await expect(page.getByTestId('composer')).toBeVisible();
});

test('an invite link is made, copied and taken back', async ({ open, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const page = await open({ world: 'empty' });
  await page.getByTestId('empty-invite-create').click();
  const link = await page.getByTestId('invite-link').inputValue();
  expect(link).toMatch(/^sotto:invite\/1#/);
  await page.getByTestId('invite-copy').click();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(link);
  await page.getByTestId('dialog-close').click();
  await page.getByTestId('new-menu').click();
  await page.getByTestId('invite-list').click();
  await page.getByTestId('invite-revoke').click();
  await expect(page.getByTestId('invite-row')).toHaveAttribute('data-state', 'revoked');
});

test('opening an invite shows who it is from, and begins a verified conversation', async ({ open }) => {
  const page = await open({ world: 'empty' });
  await page.getByTestId('empty-invite-open').click();
  await page.getByTestId('invite-input').fill('sotto:invite/1#CiQwYTExY2U1NS0xZjdlLTRhMDY');
  await expect(page.getByTestId('invite-preview-name')).toHaveText('Rosa Delgado');
  await page.getByTestId('invite-accept').click();
  await expect(page.getByTestId('conversation-name')).toHaveText('Rosa Delgado');
  await expect(page.getByTestId('verification-state')).toHaveAttribute('data-state', 'verified');
});

test('an invite whose key is not the one in the link is not connected', async ({ open }) => {
  const page = await open({ world: 'empty' });
  await page.getByTestId('empty-invite-open').click();
  await page.getByTestId('invite-input').fill('sotto:invite/1#mismatch-mismatch');
  await page.getByTestId('invite-accept').click();
  await expect(page.getByTestId('form-error')).toHaveAttribute('data-code', 'invite_identity_mismatch');
});

test('a link clicked outside the app opens its preview', async ({ open }) => {
  const page = await open({ world: 'empty' });
  await page.evaluate(() => {
    const { sotto } = window as unknown as { sotto: (event: unknown) => void };
    sotto({ kind: 'inviteOpened', link: 'sotto:invite/1#CiQwYTExY2U1NS0xZjdlLTRhMDY' });
  });
  await expect(page.getByTestId('invite-preview-name')).toHaveText('Rosa Delgado');
});

test('the first screen does not scroll for the sake of its ornament', async ({ open }) => {
  const page = await open({ world: 'empty', height: 700 });
  await expect(page.getByTestId('empty-invite-create')).toBeVisible();
  const scrolling = await page.evaluate(() =>
    [...document.querySelectorAll('main *')]
      .filter((box) => getComputedStyle(box).overflowY === 'auto' && box.scrollHeight > box.clientHeight)
      .map(({ className }) => className),
  );
  expect(scrolling).toEqual([]);
});

test('Alice reconnects by hand', async ({ open }) => {
  const page = await open({ world: 'offline' });
  await expect(page.getByTestId('connection-state')).toHaveAttribute('data-state', 'offline');
  await page.getByTestId('reconnect').click();
  await expect(page.getByTestId('connection-state')).toHaveAttribute('data-state', 'online');
});

test('the theme changes at once', async ({ open }) => {
  const page = await open({ world: 'still', theme: 'light' });
  await page.getByTestId('settings-open').click();
  await page.getByTestId('settings-theme-dark').check();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
});

test('Alice exports her messages, and is told first that the file is not encrypted', async ({ open }) => {
  const page = await open({ world: 'still' });
  await page.getByTestId('settings-open').click();
  await page.getByTestId('export-open').click();
  await expect(page.getByRole('dialog')).toContainText('It is not encrypted');
  const begun = page.waitForEvent('download');
  await page.getByTestId('export-write').click();
  const download = await begun;
  expect(download.suggestedFilename()).toMatch(/^sotto-messages-.*\.txt$/);
  const chunks: Buffer[] = [];
  for await (const chunk of await download.createReadStream()) chunks.push(chunk as Buffer);
  const written = Buffer.concat(chunks).toString('utf8');
  expect(written).toContain('Bob Lindqvist: You made it! Welcome.');
  await expect(page.getByTestId('export-said')).toHaveText('Saved in your downloads');
});

const CODE = '7K2QM 0XV4T P9DHB 3WZ8C M5RGE 1FN6Y QJ0S2 TAK7V';

test('Alice makes a backup, which wants a recovery code, and types the one she has', async ({ open }) => {
  const page = await open({ world: 'all-ways-in' });
  await page.getByTestId('settings-open').click();
  await page.getByTestId('backup-open').click();
  await expect(page.getByTestId('backup-make')).toBeDisabled();
  await page.getByTestId('recovery-code').fill('7K2QM');
  await page.getByTestId('backup-make').click();
  await expect(page.getByTestId('form-error')).toHaveAttribute('data-code', 'wrong_recovery_code');
  await page.getByTestId('recovery-code').fill(CODE);
  await expect(page.getByTestId('form-error')).toHaveCount(0);
  await page.getByTestId('backup-make').click();
  await expect(page.getByTestId('backup-said')).toContainText('Sotto backup 2026-11-22.sotto');
  await page.getByTestId('backup-done').click();
  await expect(page.getByTestId('backup')).toHaveCount(0);
});

test('who has no recovery code is led to make one before a backup', async ({ open }) => {
  const page = await open({ world: 'still' });
  await page.getByTestId('settings-open').click();
  await page.getByTestId('backup-open').click();
  await page.getByTestId('backup-make-code').click();
  await expect(page.getByRole('dialog')).toContainText('A recovery code on paper');
});

test('Alice brings her account to a new computer', async ({ open }) => {
  const page = await open({ world: 'first-start' });
  await page.getByTestId('onboarding-restore').click();
  const letter = { name: 'letter.txt', mimeType: 'text/plain', buffer: Buffer.from('Dear bank') };
  await page.getByTestId('file-input').setInputFiles(letter);
  await expect(page.getByTestId('form-error')).toHaveAttribute('data-code', 'not_a_backup');
  await page.getByTestId('recovery-code').fill('7K2QM 0XV4T');
  await expect(page.getByTestId('restore-continue')).toBeDisabled();
  const backup = Buffer.concat([
    Buffer.from('\x89Sotto backup\r\n\x1a', 'latin1'),
    Buffer.alloc(3_000_000, 7),
  ]);
  await page
    .getByTestId('file-input')
    .setInputFiles({ name: 'mine.sotto', mimeType: 'application/octet-stream', buffer: backup });
  await expect(page.getByTestId('restore-said')).toContainText('is here.');
  await page.getByTestId('restore-continue').click();
  await page.getByTestId('create-account').click();
  // The code was not the whole one: back to where it is typed, with what was brought.
  await expect(page.getByTestId('form-error')).toHaveAttribute('data-code', 'wrong_recovery_code');
  await expect(page.getByTestId('restore-said')).toContainText('is here.');
  await page.getByTestId('recovery-code').fill(CODE);
  await page.getByTestId('restore-continue').click();
  await page.getByTestId('create-account').click();
  await expect(page.getByTestId('restored')).toBeVisible();
  await expect(page.getByRole('dialog')).toContainText('Your account is here');
  await page.getByTestId('restored-seen').click();
  await expect(page.getByTestId('conversation-list')).toBeVisible();
});

test('the old computer says that the account has moved, and offers no other attempt', async ({ open }) => {
  const page = await open({ world: 'moved' });
  await expect(page.getByTestId('account-moved')).toContainText('This account has moved');
  await expect(page.getByTestId('reconnect')).toHaveCount(0);
});

test('a name typed in the settings is kept, however Alice leaves', async ({ open }) => {
  const page = await open({ world: 'still' });
  await page.getByTestId('settings-open').click();
  await page.getByTestId('settings-name').fill('Alice M.');
  await page.getByTestId('settings-name').press('Escape');
  await expect(page.getByTestId('settings')).toHaveCount(0);
  await page.getByTestId('settings-open').click();
  await expect(page.getByTestId('settings-name')).toHaveValue('Alice M.');
  await page.getByTestId('settings-name').fill('Alice N.');
  await page.getByTestId('settings-name').press('Enter');
  await expect(page.getByTestId('toast')).toContainText('Your contacts will see the new name.');
});

test('Escape puts the user name back before it leaves', async ({ open }) => {
  const page = await open({ world: 'still' });
  await page.getByTestId('settings-open').click();
  const before = await page.getByTestId('user-name').inputValue();
  await page.getByTestId('user-name').fill('somebody-else');
  await expect(page.getByTestId('user-name-save')).toBeEnabled();
  await page.getByTestId('user-name').press('Escape');
  await expect(page.getByTestId('user-name')).toHaveValue(before);
  await page.getByTestId('user-name').press('Escape');
  await expect(page.getByTestId('settings')).toHaveCount(0);
});

test('whoever has several accounts is told which one is to be opened', async ({ open }) => {
  const page = await open({ world: 'locked-profile' });
  await expect(page.getByTestId('profile')).toContainText('work');
  await expect(page.getByTestId('trouble-retry')).toHaveText('Try the keychain again');
  await open({ world: 'locked' });
  await expect(page.getByTestId('locked')).toBeVisible();
  await expect(page.getByTestId('profile')).toHaveCount(0);
});
