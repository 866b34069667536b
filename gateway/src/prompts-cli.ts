/**
 * `node gateway/src/prompts-cli.ts --out DIR`: the prompts of the sample flow, spoken, for a bundle to carry; a site without a voice of its own
 * takes them from there at its first start.
 */
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { endWith } from '@keepline/contracts/command-end';
import { KeeplineError } from '@keepline/contracts/errors';
import { parseSite } from '@keepline/contracts/site-file';
import { readFlowFile } from './ivr/flow-store.ts';
import { makePrompts } from './media/prompt-maker.ts';

const USAGE = 'usage: node gateway/src/prompts-cli.ts --out DIR';
const SAMPLE_FLOW = fileURLToPath(new URL('../flows/main.yaml', import.meta.url));

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { out: { type: 'string' } } });
  if (values.out === undefined) {
    console.error(USAGE);
    return 2;
  }
  const { queues } = parseSite({});
  const { prompts } = await readFlowFile(
    SAMPLE_FLOW,
    queues.map(({ name }) => name),
  );
  const { signals } = await makePrompts({ prompts, outDir: resolve(values.out), log: (line) => console.error(line) });
  if (signals > 0)
    throw new KeeplineError('PROMPT_NOT_MADE', `${signals} prompt(s) of the sample flow could not be spoken`, {
      hint: 'A bundle is made where there is a voice: apt-get install -y espeak-ng sox',
      offending: String(signals),
    });
  return 0;
}

await endWith(main, USAGE);
