import { expect, look, test, type Page, type Scene } from './site';

/** A screen of the gallery: where to start, and how to get there. */
interface Screen extends Scene {
  name: string;
  go?: (page: Page) => Promise<unknown>;
}

const id = (testid: string) => (page: Page) => page.getByTestId(testid).click();

const toConversation =
  (name: string, and: (page: Page) => Promise<unknown> = () => Promise.resolve()) =>
  async (page: Page) => {
    await page.getByTestId('conversation-row').filter({ hasText: name }).click();
    await expect(page.getByTestId('message').last()).toBeVisible();
    await and(page);
  };

const fromMenu = (item: string) => async (page: Page) => {
  await page.getByTestId('new-menu').click();
  await page.getByTestId(item).click();
};

const toName = async (page: Page) => {
  await page.getByTestId('onboarding-start').click();
  await page.getByTestId('relay-address').fill('relay.example.org');
  await page.getByTestId('relay-continue').click();
};

const toVault = async (page: Page) => {
  await toName(page);
  await page.getByTestId('display-name').fill('Alice Moreau');
  await page.getByTestId('name-continue').click();
};

const toMayas =
  (way: 'words' | 'card' | 'code', and: (page: Page) => Promise<unknown> = () => Promise.resolve()) =>
  (page: Page) =>
    toConversation('Maya', async () => {
      await page.getByTestId('open-safety-number').click();
      await page.getByTestId(`way-${way}`).click();
      await expect(page.getByTestId(`by-${way}`)).toBeVisible();
      await and(page);
    })(page);

const withCard = (text: string) => async (page: Page) => {
  await page.getByTestId('card-input').fill(`[Sotto card 1] ${text}`);
  await page.getByTestId('card-compare').click();
  await expect(page.getByTestId('verdict')).toBeVisible();
};

const verification: Screen[] = [
  { name: 'verify-words', world: 'still', go: toMayas('words') },
  ...['waiting', 'reading', 'confirming', 'verified', 'differed', 'differed-twice', 'timed-out'].map(
    (stage) => ({
      name: `verify-words-${stage}`,
      world: `words-${stage}`,
      go: toMayas('words'),
    }),
  ),
  { name: 'verify-words-asked', world: 'words-asked', go: toConversation('Maya') },
  { name: 'verify-card', world: 'still', height: 1000, go: toMayas('card') },
  { name: 'verify-card-verified', world: 'still', go: toMayas('card', withCard('')) },
  { name: 'verify-card-differs', world: 'still', go: toMayas('card', withCard('differs')) },
  { name: 'verify-card-somebody-elses', world: 'still', go: toMayas('card', withCard('somebody')) },
  { name: 'verify-code', world: 'still', height: 900, go: toMayas('code') },
  {
    name: 'verify-digits-differ',
    world: 'still',
    go: toConversation('Maya', async (page) => {
      await page.getByTestId('open-safety-number').click();
      await page.getByTestId('safety-block').nth(2).click();
      await page.getByTestId('block-differs').click();
    }),
  },
];

const wayIn = (slot: string, button: 'set' | 'remove') => async (page: Page) => {
  await page.getByTestId('settings-open').click();
  const way = page.locator(`[data-testid="way-in"][data-slot="${slot}"]`);
  await way.getByTestId(`way-in-${button}`).click();
  await expect(page.getByRole('dialog')).toBeVisible();
};

const toNewCode = async (page: Page) => {
  await wayIn('recoveryCode', 'set')(page);
  await page.getByTestId('way-in-confirm').click();
  await expect(page.getByTestId('recovery-sheet')).toBeVisible();
};

const withCode = (code: string) => async (page: Page) => {
  await page.getByTestId('proof-change').click();
  await page.getByTestId('recovery-code').fill(code);
  await expect(page.getByTestId('code-group').first()).not.toHaveAttribute('data-state', 'empty');
};

/** The ways into the account, and the lock. */
const keys: Screen[] = [
  { name: 'locked', world: 'locked' },
  { name: 'locked-profile', world: 'locked-profile' },
  { name: 'locked-by-code', world: 'locked-with-code', go: withCode('7K2QM 0XV4T P9DHB 3WZ8C M5') },
  { name: 'locked-mistyped', world: 'locked-with-code', go: withCode('7K2QM 0XV4T 9PDHB 3WZ8C M5RGE') },
  {
    name: 'window-locked',
    world: 'window-locked',
    go: async (page) => {
      await page.getByTestId('proof').fill('wrong');
      await page.getByTestId('unlock').click();
      await expect(page.getByTestId('form-error')).toBeVisible();
    },
  },
  { name: 'trouble-keychain-locked', world: 'trouble-keychain-locked' },
  { name: 'trouble-keychain-absent', world: 'trouble-keychain-absent' },
  { name: 'trouble-keychain-lost', world: 'trouble-keychain-lost', height: 900 },
  { name: 'trouble-keychain-missing', world: 'trouble-keychain-missing' },
  {
    name: 'trouble-keychain-anew',
    world: 'trouble-keychain-missing',
    go: async (page) => {
      await page.getByTestId('trouble-set-aside').click();
      await expect(page.getByRole('dialog')).toBeVisible();
    },
  },
  { name: 'passphrase-set', world: 'still', go: wayIn('passphrase', 'set') },
  { name: 'passphrase-change', world: 'all-ways-in', height: 900, go: wayIn('passphrase', 'set') },
  { name: 'passphrase-remove', world: 'with-passphrase', go: wayIn('passphrase', 'remove') },
  {
    name: 'passphrase-for-lock',
    world: 'still',
    go: async (page) => {
      await page.keyboard.press('Control+l');
      await expect(page.getByRole('dialog')).toBeVisible();
    },
  },
  {
    name: 'passphrase-renew',
    world: 'recovered',
    go: (page) => expect(page.getByRole('dialog')).toBeVisible(),
  },
  {
    name: 'restored',
    world: 'restored',
    go: (page) => expect(page.getByTestId('restored')).toBeVisible(),
  },
  { name: 'keychain-remove', world: 'all-ways-in', go: wayIn('keychain', 'remove') },
  { name: 'recovery-make', world: 'all-ways-in', go: wayIn('recoveryCode', 'set') },
  { name: 'recovery-write', world: 'still', go: toNewCode },
  {
    name: 'recovery-check',
    world: 'still',
    go: async (page) => {
      await toNewCode(page);
      await page.getByTestId('recovery-written').click();
      await page.getByTestId('recovery-typed').first().fill('P9DHB');
      await page.getByTestId('recovery-typed').last().fill('QJ0SZ');
      await page.getByTestId('recovery-check').click();
      await expect(page.getByTestId('recovery-typed').last()).toHaveAttribute('aria-invalid', 'true');
    },
  },
];

const screens: Screen[] = [
  { name: 'onboarding-1-welcome', world: 'first-start' },
  {
    name: 'onboarding-2-relay',
    world: 'first-start',
    go: async (page) => {
      await page.getByTestId('onboarding-start').click();
      await page.getByTestId('relay-address').fill('relay.example.org');
      await expect(page.getByTestId('relay-status')).toHaveAttribute('data-state', 'good');
    },
  },
  {
    name: 'onboarding-2-relay-unreachable',
    world: 'first-start',
    go: async (page) => {
      await page.getByTestId('onboarding-start').click();
      await page.getByTestId('relay-address').fill('relay.nowhere.example');
      await expect(page.getByTestId('relay-status')).toHaveAttribute('data-state', 'bad');
    },
  },
  { name: 'onboarding-3-name', world: 'first-start', go: toName },
  { name: 'onboarding-4-keys', world: 'first-start', go: toVault },
  {
    name: 'onboarding-4-keys-no-keychain',
    world: 'no-keychain',
    go: async (page) => {
      await toVault(page);
      await page.getByTestId('passphrase').fill('correct horse');
      await page.getByTestId('passphrase-repeat').fill('correct house');
    },
  },
  ...keys,
  { name: 'trouble-corrupted', world: 'trouble-corrupted' },
  { name: 'trouble-corrupted-set-aside', world: 'trouble-corrupted', go: id('trouble-set-aside') },
  { name: 'trouble-too-new', world: 'trouble-too-new' },
  { name: 'trouble-disk-full', world: 'trouble-disk-full' },
  { name: 'empty', world: 'empty' },
  { name: 'list', world: 'still' },
  { name: 'conversation', world: 'still', go: toConversation('Bob') },
  { name: 'conversation-unread', world: 'still', go: toConversation('Maya') },
  { name: 'conversation-delivery', world: 'offline', go: toConversation('Dmitri') },
  { name: 'key-changed', world: 'key-changed', go: toConversation('Carol') },
  {
    name: 'key-changed-continue',
    world: 'key-changed',
    go: toConversation('Carol', id('key-changed-continue')),
  },
  {
    name: 'safety-not-verified',
    world: 'still',
    go: toConversation('Maya', async (page) => {
      await page.getByTestId('open-safety-number').click();
      await page.getByTestId('safety-block').nth(2).click();
    }),
  },
  { name: 'safety-verified', world: 'still', go: toConversation('Bob', id('open-safety-number')) },
  { name: 'safety-changed', world: 'key-changed', go: toConversation('Carol', id('key-changed-compare')) },
  ...verification,
  { name: 'new-menu', world: 'still', go: id('new-menu') },
  { name: 'invite-create', world: 'still', go: fromMenu('invite-create') },
  { name: 'invite-list', world: 'still', go: fromMenu('invite-list') },
  {
    name: 'invite-open',
    world: 'still',
    go: async (page) => {
      await fromMenu('invite-open')(page);
      await page.getByTestId('invite-input').fill('sotto:invite/1#CiQwYTExY2U1NS0xZjdlLTRhMDY');
      await expect(page.getByTestId('invite-preview-name')).toBeVisible();
    },
  },
  {
    name: 'invite-open-spent',
    world: 'still',
    go: async (page) => {
      await fromMenu('invite-open')(page);
      await page.getByTestId('invite-input').fill('sotto:invite/1#spentspentspent');
      await expect(page.getByTestId('form-error')).toBeVisible();
    },
  },
  { name: 'requests', world: 'requests', go: id('requests-open') },
  {
    name: 'request',
    world: 'requests',
    go: async (page) => {
      await page.getByTestId('requests-open').click();
      await page.getByTestId('requests').getByTestId('conversation-row').first().click();
      await expect(page.getByTestId('request-notice')).toBeVisible();
    },
  },
  {
    name: 'block',
    world: 'still',
    go: toConversation('Dmitri', async (page) => {
      await page.getByTestId('conversation-menu').click();
      await page.getByTestId('block').click();
    }),
  },
  {
    name: 'blocked',
    world: 'blocked',
    go: async (page) => {
      await page.getByTestId('settings-open').click();
      await page.getByTestId('blocked-open').click();
      await expect(page.getByTestId('blocked-notice')).toBeVisible();
    },
  },
  { name: 'settings', world: 'still', height: 1900, go: id('settings-open') },
  {
    name: 'export',
    world: 'still',
    go: async (page) => {
      await page.getByTestId('settings-open').click();
      await page.getByTestId('export-open').click();
    },
  },
  {
    name: 'backup',
    world: 'all-ways-in',
    go: async (page) => {
      await page.getByTestId('settings-open').click();
      await page.getByTestId('backup-open').click();
    },
  },
  { name: 'onboarding-restore', world: 'first-start', go: id('onboarding-restore') },
  { name: 'moved', world: 'moved' },
  { name: 'shortcuts', world: 'still', go: (page) => page.keyboard.press('Control+/') },
  {
    name: 'palette',
    world: 'still',
    go: async (page) => {
      await page.keyboard.press('Control+k');
      await page.getByTestId('palette-input').fill('o');
    },
  },
  {
    name: 'open-link',
    world: 'links',
    go: toConversation('Sibyl', (page) =>
      page.getByTestId('message-link').filter({ hasText: 'xn--' }).click(),
    ),
  },
  { name: 'long-names', world: 'long-names', go: toConversation('Hubert') },
  { name: 'right-to-left', world: 'right-to-left', go: toConversation('ليلى') },
];

/** Turns the page around without changing its language: what is laid out by logical properties follows. */
const mirrored = (page: Page) => page.evaluate(() => (document.documentElement.dir = 'rtl'));

/** Every screen in both themes; and again from right to left, with more contrast. */
for (const theme of ['light', 'dark'] as const) {
  for (const { name, go, ...scene } of screens) {
    test(`${name}, ${theme}`, async ({ open }) => {
      const page = await open({ ...scene, theme });
      await go?.(page);
      await look(page, `${name}-${theme}`);
      await mirrored(page);
      await page.evaluate(() => (document.documentElement.dataset['contrast'] = 'more'));
      await look(page, `${name}-${theme}-contrast-mirrored`);
    });
  }
}

for (const { name, go, ...scene } of screens.filter(({ name }) =>
  ['conversation', 'list', 'settings', 'key-changed'].includes(name),
)) {
  test(`${name}, compact`, async ({ open }) => {
    const page = await open({ ...scene, density: 'compact' });
    await go?.(page);
    await look(page, `${name}-compact`);
  });
  test(`${name}, in the system's own colours`, async ({ open }) => {
    const page = await open(scene);
    await page.emulateMedia({ forcedColors: 'active' });
    await go?.(page);
    await look(page, `${name}-forced`);
  });
}

const narrow = [
  'backup',
  'onboarding-restore',
  'moved',
  'onboarding-1-welcome',
  'onboarding-2-relay',
  'onboarding-4-keys-no-keychain',
  'trouble-keychain-locked',
  'trouble-keychain-lost',
  'locked-mistyped',
  'passphrase-change',
  'recovery-write',
  'recovery-check',
  'empty',
  'list',
  'conversation',
  'key-changed',
  'safety-not-verified',
  'verify-words-reading',
  'verify-words-differed',
  'verify-card',
  'verify-code',
  'invite-open',
  'requests',
  'request',
  'block',
  'blocked',
  'settings',
  'long-names',
  'right-to-left',
];
const wide = ['onboarding-1-welcome', 'conversation', 'empty', 'safety-changed', 'settings'];

for (const [width, height, names] of [
  [360, 720, narrow],
  [1600, 1000, wide],
] as const) {
  for (const { name, go, ...scene } of screens.filter((screen) => names.includes(screen.name))) {
    test(`${name}, ${width} wide`, async ({ open }) => {
      const page = await open({ ...scene, width, height });
      await go?.(page);
      await look(page, `${name}-${width}`);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect(overflow, 'pixels that stick out to the side').toBeLessThanOrEqual(0);
    });
  }
}

for (const locale of ['en-XA', 'de', 'ar']) {
  for (const { name, go, ...scene } of screens.filter(({ name }) =>
    [
      'conversation',
      'key-changed',
      'safety-changed',
      'verify-words-reading',
      'verify-words-differed',
      'verify-card',
      'settings',
      'onboarding-4-keys',
      'onboarding-restore',
      'backup',
      'empty',
      'requests',
      'request',
      'block',
      'blocked',
      'locked-mistyped',
      'trouble-keychain-lost',
      'trouble-keychain-missing',
      'recovery-write',
      'passphrase-change',
    ].includes(name),
  )) {
    test(`${name} in ${locale}`, async ({ open }) => {
      const page = await open({ ...scene, locale });
      await go?.(page);
      await look(page, `${name}-${locale}`);
    });
  }
}
