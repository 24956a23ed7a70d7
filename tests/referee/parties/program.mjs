// The party program as a child process: JSON lines over its stdin and stdout.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

import { Refused } from './outcome.mjs';

/** Our party program, started for one run. */
export class Program {
  #child;
  #waiting = [];
  #next = 1;
  #ended = null;

  constructor(path, seed) {
    this.#child = spawn(path, ['--seed', String(seed)], { stdio: ['pipe', 'pipe', 'inherit'] });
    const end = (reason) => {
      this.#ended ??= new Error(`the party program ${reason}`);
      for (const { reject } of this.#waiting.splice(0)) reject(this.#ended);
    };
    this.#child.on('error', (error) => end(`could not be started: ${error.message}`));
    this.#child.on('exit', (code, signal) => end(`ended (${signal ?? code})`));
    this.#child.stdin.on('error', () => end('reads no more'));
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      const { id, resolve, reject } = this.#waiting.shift();
      const answer = JSON.parse(line);
      if (answer.id !== id) reject(new Error(`answer ${answer.id} to request ${id}`));
      else resolve(answer);
    });
  }

  /** Asks for one operation; its result, or a `Refused`. */
  async ask(op, args = {}) {
    return resultOf(await this.#send({ ...args, op }));
  }

  /** Asks for several operations in one line. The answers as they came, `{ ok, result | error }`. */
  async askAll(requests) {
    const { answers } = resultOf(await this.#send({ op: 'batch', requests }));
    return answers;
  }

  /** Ends the program and waits until it has gone. */
  async quit() {
    if (this.#ended) return;
    const gone = new Promise((resolve) => this.#child.once('exit', resolve));
    await this.ask('quit');
    await gone;
  }

  #send(request) {
    if (this.#ended) return Promise.reject(this.#ended);
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ id, resolve, reject });
      this.#child.stdin.write(`${JSON.stringify({ id, ...request })}\n`);
    });
  }
}

/** What an answer says: its result, or a `Refused` thrown. */
export function resultOf(answer) {
  if (answer.ok) return answer.result;
  throw new Refused(answer.error.code, answer.error.message);
}
