import { existsSync } from 'node:fs';
import { defineConfig } from '@playwright/test';

/** The machine's own Chromium; nothing is downloaded. `SOTTO_CHROMIUM` names another. */
const chromium = [
  process.env['SOTTO_CHROMIUM'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
].find((path) => path !== undefined && existsSync(path));

export default defineConfig({
  testDir: 'stories',
  outputDir: '../target/ui-stories',
  // `cargo xtask test` reads there which stories failed.
  reporter: [
    ['list'],
    ['junit', { outputFile: '../target/ui-stories.xml' }],
    ['html', { outputFolder: '../target/ui-report', open: 'never' }],
  ],
  snapshotPathTemplate: '../target/gallery-before/{arg}{ext}',
  projects: [
    { name: 'app', testIgnore: 'components.spec.ts' },
    // What fails there is named by its rule and its markup. A trace would say no more, and takes longer than the tests.
    { name: 'components', testMatch: 'components.spec.ts', use: { trace: 'off' } },
    // Not a check of its own: it compares with what the same machine kept before.
    { name: 'compare', testMatch: 'gallery.spec.ts' },
  ],
  fullyParallel: true,
  workers: 2,
  // Generous: the machine may be busy with a build. What never comes still fails.
  timeout: 180_000,
  expect: { timeout: 60_000 },
  use: {
    baseURL: 'https://sotto.test',
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
    trace: 'retain-on-failure',
    launchOptions: {
      ...(chromium === undefined ? {} : { executablePath: chromium }),
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-background-networking',
        '--disable-component-update',
        '--no-first-run',
      ],
    },
  },
});
