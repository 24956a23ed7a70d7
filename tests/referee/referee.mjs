// The official library as the referee: our party program and libsignal's parties talk, and every plaintext and every
// class of error is compared. docs/protocol/referee.md says how to run it and how to replay a failure.

import { parseArgs } from 'node:util';

import { Disagreement } from './check.mjs';
import { Program } from './parties/program.mjs';
import { Random } from './random.mjs';
import { STORIES } from './stories/all.mjs';

const USAGE = `usage: node referee.mjs --party <program> [options]

  --party <program>   our party: target/<profile>/examples/party
  --seed <number>     run this seed only (repeatable); a failure names it
  --seeds <count>     run the seeds 1 to <count> (default 3)
  --thorough          20 seeds and the slow stories too
  --messages <count>  messages of a conversation (default 2000)
  --only <stories>    these stories only: ${STORIES.map(({ name }) => name).join(', ')}
  --trace             print what happens in conversations`;

/** The seeds that are run unless others are asked for: fixed, so that a test run is the same everywhere. */
const DEFAULT_SEEDS = 3;
const THOROUGH_SEEDS = 20;
const DEFAULT_MESSAGES = 2000;

function options() {
  const { values } = parseArgs({
    options: {
      party: { type: 'string' },
      seed: { type: 'string', multiple: true },
      seeds: { type: 'string' },
      thorough: { type: 'boolean', default: false },
      messages: { type: 'string', default: String(DEFAULT_MESSAGES) },
      only: { type: 'string' },
      trace: { type: 'boolean', default: false },
    },
  });
  if (!values.party) throw new TypeError('--party is missing');
  const only = values.only?.split(',');
  const unknown = only?.find((name) => !STORIES.some((story) => story.name === name));
  if (unknown) throw new TypeError(`there is no story ${unknown}`);
  const count = number(values.seeds ?? (values.thorough ? THOROUGH_SEEDS : DEFAULT_SEEDS));
  const seeds = values.seed ?? Array.from({ length: count }, (_, index) => index + 1);
  return {
    party: values.party,
    seeds: seeds.map(number),
    messages: number(values.messages),
    stories: STORIES.filter(({ name, slow }) => only?.includes(name) ?? (values.thorough || !slow)),
    trace: values.trace,
  };
}

function number(text) {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0 || value > 0xffffffff) throw new TypeError(`${text} is not a number`);
  return value;
}

/** Tells one story with one seed. True if nobody disagreed. */
async function tell(story, seed, { party, messages, trace }) {
  const began = performance.now();
  const label = `seed ${seed}, ${story.name}`;
  const program = new Program(party, seed);
  const events = [];
  const report = (event) => {
    if (trace) console.log(`  ${event}`);
    events.push(event);
  };
  try {
    const said = await story.tell({ random: new Random(seed).fork(story.name), program, messages, report });
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    console.log(`ok    ${label} (${seconds} s)${said ? `: ${said}` : ''}`);
    return true;
  } catch (error) {
    console.log(`FAIL  ${label}: ${error instanceof Disagreement ? error.message : error.stack}`);
    if (!trace) events.slice(-8).forEach((event) => console.log(`      … ${event}`));
    const shorter = messages === DEFAULT_MESSAGES ? '' : ` --messages ${messages}`;
    console.log(`      replay: cargo xtask referee --seed ${seed} --only ${story.name}${shorter} --trace`);
    return false;
  } finally {
    await program.quit();
  }
}

async function main() {
  const run = options();
  let failed = 0;
  for (const story of run.stories) {
    for (const seed of story.once ? run.seeds.slice(0, 1) : run.seeds) {
      if (!(await tell(story, seed, run))) failed += 1;
    }
  }
  console.log(failed === 0 ? 'nobody disagreed' : `${failed} disagreements`);
  return failed === 0 ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof TypeError)) throw error;
  console.error(`${error.message}\n\n${USAGE}`);
  process.exitCode = 2;
}
