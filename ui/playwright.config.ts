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
  reporter: [['list']],
  fullyParallel: true,
  workers: 2,
  timeout: 30_000,
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
