/**
 * Commands of other packages that need four eyes: `keys export | escrow` and `anonymise policy use`. The approval is spent here, then the
 * command runs as its own program, for the packages below know no database. A policy file is copied first, so that what was approved is
 * what is read.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock as clock } from '@keepline/contracts/clock';
import { endWith } from '@keepline/contracts/command-end';
import type { Bound } from './identity/approval-rules.ts';
import { performAtConsole } from './identity/console-approval.ts';
import { openConsole } from './retention/console.ts';

const USAGE = `usage: ./keepline keys export | escrow … [--approval ID]
       ./keepline anonymise policy use FILE [--approval ID] …`;
const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const ROOT_DATA = at('../../var');

/** Takes `--NAME VALUE` or `--NAME=VALUE` out of the words. */
function takeOption(words: string[], name: string): string | undefined {
  const index = words.findIndex((word) => word === `--${name}` || word.startsWith(`--${name}=`));
  if (index < 0) return undefined;
  const [found = ''] = words.splice(index, 1);
  return found.includes('=') ? found.slice(found.indexOf('=') + 1) : words.splice(index, 1)[0];
}

/** What is asked for; undefined when the words are none of these commands, which then say so themselves. */
async function boundOf(words: readonly string[]): Promise<Bound | undefined> {
  const [family, verb, object = ''] = words;
  const options = [...words];
  if (family === 'keys' && verb === 'export') return { act: 'key.export', object: `key:${object}`, params: {} };
  if (family === 'keys' && verb === 'escrow')
    return { act: 'key.export', object: 'key:all', params: { recipient: takeOption(options, 'recipient') ?? '' } };
  if (family !== 'policy' || verb !== 'use' || !existsSync(object)) return undefined;
  const digest = createHash('sha256')
    .update(await readFile(object))
    .digest('hex');
  return { act: 'policy.change', object: `policy:${digest}`, params: {} };
}

function follow(script: string, args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, [at(script), ...args], { stdio: 'inherit' });
  return new Promise((done, reject) => {
    child.once('error', reject);
    child.once('close', (code) => done(code ?? 1));
  });
}

async function main(): Promise<number> {
  const words = process.argv.slice(2);
  const approval = takeOption(words, 'approval');
  const script = words[0] === 'keys' ? '../../compliance/src/keys-cli.ts' : '../../compliance/src/policy-cli.ts';
  const copies = await mkdtemp(join(tmpdir(), 'keepline-approved-'));
  try {
    if (words[0] === 'policy' && words[2] !== undefined && existsSync(words[2])) {
      const copy = join(copies, 'policy');
      await writeFile(copy, await readFile(words[2]), { mode: 0o600 });
      words[2] = copy;
    }
    const bound = await boundOf(words);
    const data = resolve(takeOption([...words], 'data') ?? ROOT_DATA);
    // a site that was never started demands nothing yet; the command tells whatever else is wrong
    if (!bound || !existsSync(join(data, 'main.db'))) return await follow(script, words.slice(1));
    const office = await openConsole(data, undefined);
    try {
      return await performAtConsole({ ...office, clock }, bound, approval, () => follow(script, words.slice(1)));
    } finally {
      await office.close();
    }
  } finally {
    await rm(copies, { recursive: true, force: true });
  }
}

await endWith(main, USAGE);
