// Measures the window's page in Chromium, on the browser build that `cargo xtask bench ui` serves, and prints one line of JSON.
//
//   node scripts/measure.mjs --address http://127.0.0.1:4173 --chromium /usr/bin/chromium [--hour]
//
// | figure | what |
// |---|---|
// | `openMs` | from the click on the conversation of ten thousand messages to the frame that shows it; half of the openings were quicker |
// | `frameMs`, `lateFrames` | scrolling it at a steady 90 px a frame: 99 of 100 frames came within; the share that came late |
// | `workMs` | what the page's main thread did for a frame, on average |
// | `chatMessages`, `chatMinutes` | an hour of chat, told at once or in an hour |
// | `heapBeforeMib`, `heapAfterMib`, `nodesBefore`, `nodesAfter` | what the page holds when a tenth of it is over, and at its end; garbage collected |
import { parseArgs } from 'node:util';
import { chromium } from '@playwright/test';

const { values } = parseArgs({
  options: {
    address: { type: 'string' },
    chromium: { type: 'string' },
    hour: { type: 'boolean', default: false },
  },
});

const OPENINGS = 9;
const FRAMES = 900;
/** One every two seconds, for an hour. */
const MESSAGES = 1_800;
const CHAT_MINUTES = values.hour ? 60 : 3;

const browser = await chromium.launch({
  ...(values.chromium === undefined ? {} : { executablePath: values.chromium }),
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run'],
});

const at = async (world) => {
  const page = await browser.newPage({ viewport: { width: 1000, height: 720 } });
  await page.goto(`${values.address}/?world=${world}&chrome=off&latency=0`);
  await page.getByTestId('conversation-row').first().waitFor();
  await page.evaluate(() => document.fonts.ready);
  return page;
};

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

/** Clicks in the page itself: what the driver takes to find the place is not the app's. */
const openFirst = (page) =>
  page.evaluate(
    () =>
      new Promise((done) => {
        const began = performance.now();
        document.querySelector('[data-testid="conversation-row"]').click();
        const look = () => {
          const isThere = document.querySelector('.frame.settled [data-testid="message"]') !== null;
          // The frame after the one in which it was laid out is on the screen.
          if (isThere) requestAnimationFrame(() => done(performance.now() - began));
          else requestAnimationFrame(look);
        };
        requestAnimationFrame(look);
      }),
  );

const opening = async () => {
  const took = [];
  for (let time = 0; time < OPENINGS; time += 1) {
    const page = await at('ten-thousand-messages');
    took.push(await openFirst(page));
    await page.close();
  }
  return { openMs: median(took) };
};

const scrolling = async () => {
  const page = await at('ten-thousand-messages');
  await openFirst(page);
  const metrics = await page.context().newCDPSession(page);
  await metrics.send('Performance.enable');
  const work = async () => {
    const { metrics: list } = await metrics.send('Performance.getMetrics');
    return list.find(({ name }) => name === 'TaskDuration').value * 1_000;
  };
  const before = await work();
  const stamps = await page.evaluate(
    (frames) =>
      new Promise((done) => {
        const viewport = document.querySelector('.viewport');
        const times = [];
        const step = (time) => {
          times.push(time);
          if (times.length > frames) return done(times);
          viewport.scrollTop -= 90;
          requestAnimationFrame(step);
        };
        requestAnimationFrame(step);
      }),
    FRAMES,
  );
  const workMs = ((await work()) - before) / FRAMES;
  const took = stamps.slice(1).map((time, index) => time - stamps[index]);
  const sorted = took.toSorted((a, b) => a - b);
  await page.close();
  return {
    frameMs: sorted[Math.floor(sorted.length * 0.99)],
    // Half a frame late is a frame that was left out.
    lateFrames: took.filter((time) => time > 25).length / took.length,
    workMs,
  };
};

const chatting = async () => {
  const page = await at('still');
  await openFirst(page);
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('HeapProfiler.enable');
  const held = async () => {
    await devtools.send('HeapProfiler.collectGarbage');
    const { usedSize } = await devtools.send('Runtime.getHeapUsage');
    const { nodes } = await devtools.send('Memory.getDOMCounters');
    return { mib: usedSize / 2 ** 20, nodes };
  };
  /** Messages come and go as the engine tells of them: theirs, ours with the states of their delivery. */
  const talk = (from, to, pause) =>
    page.evaluate(
      async ({ from, to, pause }) => {
        const conversation = document.querySelector('[data-testid="conversation"]').dataset.conversationId;
        const tell = (event) => window.sotto(event);
        const sleep = (time) => new Promise((done) => setTimeout(done, time));
        for (let number = from; number < to; number += 1) {
          const outgoing = number % 3 === 0;
          const message = {
            id: 50_000_000 + number,
            conversation,
            body: { kind: 'text', text: `Message number ${number}, with a few words in it to read.` },
            outgoing,
            sentAt: Date.now(),
            storedAt: Date.now(),
            delivery: outgoing ? 'queued' : null,
            quote: null,
            reactions: [],
            editedAt: null,
            lifetime: null,
            goneAt: null,
          };
          if (!outgoing) tell({ kind: 'typing', conversation, typing: true });
          tell({ kind: 'messageAdded', message });
          tell({ kind: 'sessionMoved', conversation });
          for (const delivery of outgoing ? ['sent', 'delivered', 'read'] : []) {
            await sleep(pause / 8);
            tell({ kind: 'messageChanged', message: { ...message, delivery } });
          }
          await sleep(outgoing ? (pause * 5) / 8 : pause);
        }
      },
      { from, to, pause },
    );
  const pause = (CHAT_MINUTES * 60_000) / MESSAGES;
  const warm = MESSAGES / 10;
  await talk(0, warm, pause);
  const before = await held();
  await talk(warm, MESSAGES, pause);
  const after = await held();
  await page.close();
  return {
    chatMessages: MESSAGES,
    chatMinutes: CHAT_MINUTES,
    heapBeforeMib: before.mib,
    heapAfterMib: after.mib,
    nodesBefore: before.nodes,
    nodesAfter: after.nodes,
  };
};

try {
  const figures = { ...(await opening()), ...(await scrolling()), ...(await chatting()) };
  process.stdout.write(`${JSON.stringify(figures)}\n`);
} finally {
  await browser.close();
}
