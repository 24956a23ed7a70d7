// Holds what docs/design.md promises: a component is a folder with a story; styles are made of tokens; every token is
// used, and every theme has the same ones. `npm run lint` runs it.
import { readFile, readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { basename, join, relative } from 'node:path';

const source = fileURLToPath(new URL('../src/', import.meta.url));
const problems = [];
const report = (file, what) => problems.push(`${relative(source, file)}: ${what}`);

const filesUnder = async (folder) =>
  (await readdir(join(source, folder), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));

// A component is a folder.
for (const entry of await readdir(join(source, 'components'), { withFileTypes: true })) {
  const folder = join(source, 'components', entry.name);
  if (!entry.isDirectory()) {
    report(folder, 'a component is a folder');
    continue;
  }
  const files = await readdir(folder);
  for (const needed of [`${entry.name}.svelte`, `${entry.name}.stories.svelte`]) {
    if (!files.includes(needed)) report(folder, `has no ${needed}`);
  }
}

// Styles are made of tokens. The demo's own strip is no part of the app.
const ours = (await filesUnder('.')).filter((file) => !/paraglide|platform.demo|\.stories\./.test(file));
const styles = new Map();
for (const file of ours) {
  const text = await readFile(file, 'utf8');
  if (file.endsWith('.css')) styles.set(file, text);
  if (file.endsWith('.svelte')) styles.set(file, /<style>([\s\S]*)<\/style>/.exec(text)?.[1] ?? '');
}

const raw = [
  [/#[0-9a-f]{3,8}\b|\b(rgb|hsl|oklch)a?\(/i, 'a colour that is not a token'],
  [/z-index:\s*-?\d/, 'a z-index that is not a token (--layer-…)'],
  [/font-weight:\s*\d/, 'a weight that is not a token (--weight-…)'],
  [/font-size:\s*[\d.]/, 'a text size that is not a token (--text-…)'],
  [/transition[^;]*[\s:]\d+m?s/, 'a duration that is not a token (--fast, --calm)'],
];
for (const [file, text] of styles) {
  if (file.includes('themes') || basename(file) === 'tokens.css') continue;
  for (const line of text.split('\n')) {
    for (const [pattern, what] of raw) if (pattern.test(line)) report(file, `${what}: ${line.trim()}`);
  }
}

// Every token that is used exists, and every one that exists is used.
const all = [...styles.values()].join('\n');
const defined = new Set([...all.matchAll(/^\s*(--[\w-]+):/gm)].map(([, name]) => name));
const used = new Set([...all.matchAll(/var\((--[\w-]+)/g)].map(([, name]) => name));
for (const name of used) if (!defined.has(name)) report(source, `${name} is used and nowhere defined`);
for (const name of defined) if (!used.has(name)) report(source, `${name} is defined and nowhere used`);

const tokensOf = (theme) => {
  const text = styles.get(join(source, 'styles/themes', `${theme}.css`)) ?? '';
  return new Set([...text.matchAll(/^\s*(--[\w-]+):/gm)].map(([, name]) => name));
};
const light = tokensOf('light');
for (const theme of ['dark', 'contrast', 'forced']) {
  const has = tokensOf(theme);
  const shared = new Set(['--edge', '--edge-chosen', '--edge-unchosen', '--ring']);
  for (const name of has)
    if (!light.has(name) && !shared.has(name)) report(source, `${theme} alone has ${name}`);
  if (theme === 'dark') for (const name of light) if (!has.has(name)) report(source, `dark lacks ${name}`);
}

for (const problem of problems) process.stderr.write(`${problem}\n`);
process.exitCode = problems.length === 0 ? 0 : 1;
