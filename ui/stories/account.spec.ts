import { expect, test } from './site';

test('Alice makes an account on a relay of her own', async ({ open }) => {
  const page = await open({ world: 'first-start' });
  await page.getByTestId('onboarding-start').click();
  await page.getByTestId('relay-this-computer').click();
  await page.getByTestId('relay-continue').click();
  await page.getByTestId('display-name').fill('Alice');
  await page.getByTestId('name-continue').click();
  await expect(page.getByTestId('vault-keychain')).toBeChecked();
  await page.getByTestId('create-account').click();
  await expect(page.getByTestId('app')).toHaveAttribute('data-stage', 'ready');
});

test('a relay that does not answer keeps Alice on the step and says why', async ({ open }) => {
  const page = await open({ world: 'first-start' });
  await page.getByTestId('onboarding-start').click();
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
  await expect(page.getByTestId('form-error')).toHaveAttribute('data-code', 'weak_passphrase');
  await page.getByTestId('passphrase').fill('four quiet words here');
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
