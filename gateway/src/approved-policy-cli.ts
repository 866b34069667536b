/**
 * `./keepline anonymise policy use FILE`, with the approval of a second person where the site demands it. The file is copied first, so that
 * what was approved is what is read.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endWith } from '@keepline/contracts/command-end';
import { runApproved, takeOption } from './approved-script.ts';
import type { Bound } from './identity/approval-rules.ts';

const USAGE = 'usage: ./keepline anonymise policy use FILE [--approval ID] …';

async function main(): Promise<number> {
  const words = process.argv.slice(2);
  const approval = takeOption(words, 'approval');
  const copies = await mkdtemp(join(tmpdir(), 'keepline-approved-'));
  try {
    let bound: Bound | undefined;
    const [verb, file] = words;
    if (verb === 'use' && file !== undefined && existsSync(file)) {
      const policy = await readFile(file);
      words[1] = join(copies, 'policy');
      await writeFile(words[1], policy, { mode: 0o600 });
      bound = { act: 'policy.change', object: `policy:${createHash('sha256').update(policy).digest('hex')}`, params: {} };
    }
    return await runApproved('../../compliance/src/policy-cli.ts', words, bound, approval);
  } finally {
    await rm(copies, { recursive: true, force: true });
  }
}

await endWith(main, USAGE);
