/** `./keepline keys export | escrow`: keys leave by these two only, with the approval of a second person where the site demands it. */
import { endWith } from '@keepline/contracts/command-end';
import { runApproved, takeOption } from './approved-script.ts';
import type { Bound } from './identity/approval-rules.ts';

const USAGE = 'usage: ./keepline keys export | escrow … [--approval ID]';

function boundOf([verb, name = '', ...more]: readonly string[]): Bound | undefined {
  if (verb === 'export') return { act: 'key.export', object: `key:${name}`, params: {} };
  if (verb !== 'escrow') return undefined;
  return { act: 'key.export', object: 'key:all', params: { recipient: takeOption([name, ...more], 'recipient') ?? '' } };
}

async function main(): Promise<number> {
  const words = process.argv.slice(2);
  const approval = takeOption(words, 'approval');
  return runApproved('../../compliance/src/keys-cli.ts', words, boundOf(words), approval);
}

await endWith(main, USAGE);
