import { expect, test, type Page } from './site';

const openMaya = async (page: Page) => {
  await page.getByTestId('conversation-row').filter({ hasText: 'Maya' }).click();
  await expect(page.getByTestId('message').last()).toBeVisible();
};

const toWays = async (page: Page) => {
  await openMaya(page);
  await page.getByTestId('open-safety-number').click();
  await expect(page.getByTestId('way-words')).toBeVisible();
};

const to = (way: 'words' | 'card' | 'code') => async (page: Page) => {
  await toWays(page);
  await page.getByTestId(`way-${way}`).click();
  await expect(page.getByTestId(`by-${way}`)).toBeVisible();
};

const state = (page: Page) => page.getByTestId('verification-state').first();

test('Alice and Maya compare by words, by keyboard alone, and Maya is verified', async ({ open }) => {
  const page = await open({ world: 'still' });
  await toWays(page);
  await page.getByTestId('way-words').focus();
  await page.keyboard.press('Enter');
  await page.getByTestId('words-begin').focus();
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('words-stage')).toHaveAttribute('data-stage', 'waiting');
  await expect(page.getByTestId('words-say')).toHaveText(['lantern', 'orbit']);

  await page.getByTestId('words-first').focus();
  await page.keyboard.type('velvet');
  await page.keyboard.press('Tab');
  await page.keyboard.type('Harvest');
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('verdict')).toHaveAttribute('data-kind', 'confirming');
  await expect(page.getByTestId('verdict')).toHaveAttribute('data-kind', 'verified');
  await expect(state(page)).toHaveAttribute('data-state', 'verified');
  await page.getByTestId('verdict-done').click();
  await expect(page.getByTestId('safety')).toBeVisible();
});

test('a word that is none is marked, and what differs is an alarm with a second try', async ({ open }) => {
  const page = await open({ world: 'words-reading' });
  await to('words')(page);
  await page.getByTestId('words-first').fill('velvet');
  await page.getByTestId('words-second').fill('har');
  await page.getByTestId('words-compare').click();
  await expect(page.getByTestId('words-second')).toHaveAttribute('aria-invalid', 'true');
  await expect(page.getByTestId('words-first')).not.toHaveAttribute('aria-invalid', 'true');

  await page.getByTestId('words-second').fill('garden');
  await page.getByTestId('words-compare').click();
  await expect(page.getByRole('alert').filter({ has: page.getByTestId('words-again') })).toBeVisible();
  await expect(state(page)).toHaveAttribute('data-state', 'notVerified');
  await page.getByTestId('words-again').click();
  await expect(page.getByTestId('words-first')).toHaveValue('');
});

test('after two that differed there is nothing to press but another way', async ({ open }) => {
  const page = await open({ world: 'words-differed-twice' });
  await to('words')(page);
  await expect(page.getByTestId('words-again')).toHaveCount(0);
  await page.getByTestId('verdict-done').click();
  await page.getByTestId('way-words').click();
  await expect(page.getByTestId('words-begin')).toHaveCount(0);
  await expect(page.getByTestId('verdict')).toHaveAttribute('data-kind', 'tooSoon');
});

test('Maya asks, and Alice is asked in the conversation', async ({ open }) => {
  const page = await open({ world: 'words-asked' });
  await openMaya(page);
  await expect(page.getByTestId('verdict')).toHaveAttribute('data-kind', 'asked');
  await page.getByTestId('words-accept').click();
  await expect(page.getByTestId('words-say')).toHaveText(['lantern', 'orbit']);
});

test('a card that is pasted verifies Maya', async ({ open }) => {
  const page = await open({ world: 'still' });
  await to('card')(page);
  await page.getByTestId('card-input').fill('> [Sotto card 1] …');
  await page.getByTestId('card-compare').click();
  await expect(page.getByTestId('verdict')).toHaveAttribute('data-kind', 'verified');
  await expect(state(page)).toHaveAttribute('data-state', 'verified');
});

for (const [word, kind] of [
  ['differs', 'differs'],
  ['somebody', 'somebodyElses'],
  ['own', 'own'],
  ['another', 'forAnother'],
  ['conversation', 'fromTheConversation'],
  ['damaged', 'damaged'],
  ['version', 'otherVersion'],
] as const) {
  test(`a card that is ${word} verifies nobody and says so`, async ({ open }) => {
    const page = await open({ world: 'still' });
    await to('card')(page);
    await page.getByTestId('card-input').fill(`[Sotto card 1] ${word}`);
    await page.getByTestId('card-compare').click();
    await expect(page.getByTestId('verdict')).toHaveAttribute('data-kind', kind);
    await expect(state(page)).toHaveAttribute('data-state', 'notVerified');
    await page.getByTestId('verdict-again').click();
    await expect(page.getByTestId('card-input')).toHaveValue('');
  });
}

test('a text file with a card can be chosen, and one can be dropped', async ({ open }) => {
  const page = await open({ world: 'still' });
  await to('card')(page);
  const file = { name: 'mail.txt', mimeType: 'text/plain', buffer: Buffer.from('[Sotto card 1] somebody') };
  await page.getByTestId('file-input').setInputFiles(file);
  await expect(page.getByTestId('verdict')).toHaveAttribute('data-kind', 'somebodyElses');
  await page.getByTestId('verdict-again').click();
  const dropped = await page.evaluateHandle(() => {
    const transfer = new DataTransfer();
    transfer.items.add(new File(['[Sotto card 1] damaged'], 'card.txt', { type: 'text/plain' }));
    return transfer;
  });
  await page.getByTestId('drop-box').dispatchEvent('drop', { dataTransfer: dropped });
  await expect(page.getByTestId('verdict')).toHaveAttribute('data-kind', 'damaged');
});

test('a picture of a code can be chosen, and what is no picture says so', async ({ open }) => {
  const page = await open({ world: 'still' });
  await to('code')(page);
  const broken = { name: 'code.png', mimeType: 'image/png', buffer: Buffer.from('no picture') };
  await page.getByTestId('file-input').setInputFiles(broken);
  await expect(page.getByTestId('verdict')).toHaveAttribute('data-kind', 'nothing');
  await page.getByTestId('verdict-again').click();

  const png = await page.getByTestId('safety-qr').screenshot();
  await page
    .getByTestId('file-input')
    .setInputFiles({ name: 'code.png', mimeType: 'image/png', buffer: png });
  await expect(page.getByTestId('verdict')).toHaveAttribute('data-kind', 'verified');
});

test('a camera that is not there is said so, and nothing hangs', async ({ open }) => {
  const page = await open({ world: 'still' });
  await to('code')(page);
  await expect(page.getByTestId('camera-start').or(page.getByTestId('no-camera'))).toBeVisible();
  const start = page.getByTestId('camera-start');
  if (await start.isVisible()) {
    await start.click();
    await expect(page.getByTestId('camera-refused')).toBeVisible();
    await page.getByTestId('camera-stop').click();
    await expect(start).toBeVisible();
  }
});

test('a block that differs is an alarm; Alice looks again or is sure', async ({ open }) => {
  const page = await open({ world: 'still' });
  await toWays(page);
  await page.getByRole('group', { name: /twelve blocks/ }).focus();
  await page.keyboard.press('ArrowRight');
  await page.getByTestId('block-same').click();
  await expect(page.locator('[data-testid="safety-block"][aria-current="true"]')).toHaveAttribute(
    'data-index',
    '1',
  );
  await page.getByTestId('block-differs').click();
  await expect(page.getByTestId('verdict')).toHaveAttribute('data-kind', 'differs');
  await page.getByTestId('verdict-again').click();
  await page.getByTestId('safety-block').nth(11).click();
  await page.getByTestId('block-differs').click();
  await page.getByTestId('digits-differ').click();
  await expect(page.getByTestId('verdict')).toHaveAttribute('data-kind', 'differed');
  await expect(state(page)).toHaveAttribute('data-state', 'notVerified');
});

test('while a changed number waits for a decision every way but words is open', async ({ open }) => {
  const page = await open({ world: 'key-changed' });
  await page.getByTestId('conversation-row').filter({ hasText: 'Carol' }).click();
  await page.getByTestId('key-changed-compare').click();
  await expect(page.getByTestId('way-words')).toBeDisabled();
  await page.getByTestId('way-card').click();
  await page.getByTestId('card-input').fill('[Sotto card 1]');
  await page.getByTestId('card-compare').click();
  await page.getByTestId('verdict-done').click();
  await page.getByTestId('safety-close').click();
  await expect(page.getByTestId('key-changed-notice')).toHaveCount(0);
});
