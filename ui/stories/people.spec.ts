import { expect, look, test, type Page } from './site';

const addSomebody = async (page: Page, words: string): Promise<void> => {
  await page.getByTestId('new-menu').click();
  await page.getByTestId('invite-open').click();
  await page.getByTestId('invite-input').fill(words);
};

const openRequest = async (page: Page, name: string): Promise<void> => {
  await page.getByTestId('requests-open').click();
  await page.getByTestId('requests').getByTestId('conversation-row').filter({ hasText: name }).click();
};

test('Alice finds somebody by a user name, and is told that nobody has verified them', async ({ open }) => {
  const page = await open({ world: 'still' });
  await addSomebody(page, 'rosa@relay.example.net');
  await expect(page.getByTestId('find-about')).toContainText('relay.example.net');
  await look(page, 'add-somebody-by-name');
  await page.getByTestId('invite-input').press('Enter');
  await expect(page.getByTestId('conversation-name')).toHaveText('rosa');
  await expect(page.getByTestId('verification-state')).toHaveAttribute('data-state', 'notVerified');
  await expect(page.getByTestId('notice')).toHaveAttribute('data-notice', 'foundByUserName');
  await expect(page.getByTestId('composer')).toBeVisible();
});

test('a name that nobody has is said so at the field, and another one can be tried', async ({ open }) => {
  const page = await open({ world: 'still' });
  await addSomebody(page, 'nobody.here');
  await page.getByTestId('find').click();
  await expect(page.getByTestId('form-error')).toHaveAttribute('data-code', 'user_name_unknown');
  await page.getByTestId('invite-input').fill('rosa');
  await expect(page.getByTestId('form-error')).toBeHidden();
  await page.getByTestId('find').click();
  await expect(page.getByTestId('conversation-name')).toHaveText('rosa');
});

test('what is neither a link nor a name is not sent to anybody', async ({ open }) => {
  const page = await open({ world: 'still' });
  await addSomebody(page, 'rosa delgado');
  await expect(page.getByTestId('find')).toBeHidden();
  await expect(page.getByTestId('form-error')).toHaveAttribute('data-code', 'invalid_invite');
});

test('Alice takes a user name, changes it and gives it up', async ({ open }) => {
  const page = await open({ world: 'still' });
  await page.getByTestId('settings-open').click();
  const name = page.getByTestId('user-name');
  await name.fill('al');
  await page.getByTestId('user-name-save').click();
  await expect(page.getByTestId('settings')).toContainText('3 to 32 letters from a to z');
  await name.fill('taken');
  await page.getByTestId('user-name-save').click();
  await expect(page.getByTestId('settings')).toContainText('Somebody else has this name.');
  await name.fill('Alice.M');
  await page.getByTestId('user-name-save').click();
  await expect(page.getByTestId('user-name-address')).toContainText('alice.m@relay.example.org');
  await expect(name).toHaveValue('alice.m');
  await look(page, 'settings-user-name');
  await page.getByTestId('user-name-release').click();
  await expect(page.getByTestId('user-name-address')).toBeHidden();
  await expect(name).toHaveValue('');
});

test('requests wait apart from the conversations, and an accepted one is a conversation', async ({
  open,
}) => {
  const page = await open({ world: 'requests' });
  await expect(page.getByTestId('requests-open')).toHaveAttribute('data-count', '2');
  await expect(page.getByTestId('conversation-list')).not.toContainText('Théo');
  await openRequest(page, 'Théo');
  await expect(page.getByTestId('request-notice')).toBeVisible();
  await expect(page.getByTestId('composer')).toBeHidden();
  await page.getByTestId('request-accept').click();
  await expect(page.getByTestId('composer')).toBeVisible();
  await expect(page.getByTestId('conversation-list')).toContainText('Théo');
  await expect(page.getByTestId('requests-open')).toHaveAttribute('data-count', '1');
});

test('nothing that a request says can be followed, and a deleted one is gone', async ({ open }) => {
  const page = await open({ world: 'requests' });
  await openRequest(page, 'YOU HAVE WON');
  await expect(page.getByTestId('message')).toContainText('https://prizes.example.net');
  await expect(page.getByTestId('message').getByRole('link')).toHaveCount(0);
  await page.getByTestId('request-delete').click();
  await expect(page.getByTestId('requests')).toBeVisible();
  await expect(page.getByTestId('requests')).not.toContainText('YOU HAVE WON');
  await openRequest(page, 'Théo');
  await page.getByTestId('request-delete').click();
  await expect(page.getByTestId('requests-none')).toBeVisible();
  await expect(page.getByTestId('requests-open')).toBeHidden();
});

test('whom Alice blocks leaves the list, and comes back from the settings', async ({ open }) => {
  const page = await open({ world: 'still' });
  await page.getByTestId('conversation-row').filter({ hasText: 'Dmitri' }).click();
  await page.getByTestId('conversation-menu').click();
  await page.getByTestId('block').click();
  await expect(page.getByRole('dialog')).toContainText('Block');
  await page.getByTestId('block-confirm').click();
  await expect(page.getByTestId('blocked-notice')).toBeVisible();
  await expect(page.getByTestId('composer')).toBeHidden();
  await expect(page.getByTestId('conversation-list')).not.toContainText('Dmitri');

  await page.getByTestId('settings-open').click();
  await page.getByTestId('blocked-open').click();
  await expect(page.getByTestId('conversation-name')).toHaveText('Dmitri');
  await page.getByTestId('settings-open').click();
  await page.getByTestId('blocked-unblock').click();
  await expect(page.getByTestId('conversation-list')).toContainText('Dmitri');
  await expect(page.getByTestId('blocked-people')).toBeHidden();
});

test('a request is blocked without being answered', async ({ open }) => {
  const page = await open({ world: 'requests' });
  await openRequest(page, 'YOU HAVE WON');
  await page.getByTestId('request-block').click();
  await page.getByTestId('block-confirm').click();
  await expect(page.getByTestId('blocked-notice')).toBeVisible();
  await expect(page.getByTestId('requests-open')).toHaveAttribute('data-count', '1');
});

test('somebody whose name looks like another contact is said to be another', async ({ open }) => {
  const page = await open({ world: 'still' });
  await page.getByTestId('conversation-row').filter({ hasText: 'Maya Okonkwo' }).click();
  await expect(page.getByTestId('conversation-name')).toHaveText('Maya Okonkwo');
  await expect(page.getByTestId('namesakes')).toBeHidden();

  await page.getByTestId('conversation-row').filter({ hasText: 'Bob Lindqvist' }).click();
  await page.getByTestId('conversation-menu').click();
  await page.getByTestId('rename').click();
  await page.getByTestId('rename-input').fill('MAYA Okonkwo');
  await page.getByTestId('rename-input').press('Enter');
  await expect(page.getByTestId('conversation-name')).toHaveText('MAYA Okonkwo');
  // Bob is verified: there is no doubt who he is.
  await expect(page.getByTestId('namesakes')).toBeHidden();

  await page
    .getByTestId('conversation-row')
    .filter({ hasText: /Maya Okonkwo/ })
    .click();
  await expect(page.getByTestId('namesakes')).toContainText('MAYA Okonkwo');
  await look(page, 'namesakes');
});

test('a user name that is not saved is not lost, and Alice is told', async ({ open }) => {
  const page = await open({ world: 'still' });
  await page.getByTestId('settings-open').click();
  await page.getByTestId('user-name').fill('alice.moreau');
  await page.getByTestId('conversation-row').filter({ hasText: 'Bob' }).click();
  await expect(page.getByTestId('toast')).toContainText('user name is not saved yet');
  await page.getByTestId('settings-open').click();
  await expect(page.getByTestId('user-name')).toHaveValue('alice.moreau');
  await page.getByTestId('user-name-save').click();
  await expect(page.getByTestId('user-name-address')).toContainText('alice.moreau@relay.example.org');
  await page.getByTestId('toast-dismiss').first().click();
  await page.getByTestId('conversation-row').filter({ hasText: 'Bob' }).click();
  await expect(page.getByTestId('toast').filter({ hasText: 'not saved yet' })).toHaveCount(0);
});

test('a name that cannot be saved any more when the settings are left is said to be', async ({ open }) => {
  const page = await open({ world: 'still' });
  await page.goto('/?world=still&failure=relay_unreachable&latency=0&chrome=off#settings');
  await page.getByTestId('settings-name').fill('Alice');
  await page.keyboard.press('Escape');
  await expect(page.getByTestId('settings')).toHaveCount(0);
  await expect(page.getByTestId('toast')).toBeVisible();
});
