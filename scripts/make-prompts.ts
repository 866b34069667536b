/**
 * Makes the prompts of a flow: node scripts/make-prompts.ts --flow FILE --out DIR
 * The gateway does the same at its start; this is for hearing them before.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Flow } from '@keepline/contracts/flow';
import { KeeplineError, messageOf } from '@keepline/contracts/errors';
import { Value } from 'typebox/value';
import { parse } from 'yaml';
import { makePrompts } from '../gateway/src/media/prompt-maker.ts';

const USAGE = `usage: node scripts/make-prompts.ts --flow FILE --out DIR

  --flow FILE   flow document (YAML or JSON) whose texts become prompts
  --out DIR     gets zh/NAME.wav, en/NAME.wav and hold-music.wav (8 kHz, mono, A-law)
`;

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { flow: { type: 'string' }, out: { type: 'string' }, help: { type: 'boolean' } } });
  if (values.help === true || values.flow === undefined || values.out === undefined) {
    process.stdout.write(USAGE);
    return values.help === true ? 0 : 2;
  }
  const flow: unknown = Value.Default(Flow, parse(readFileSync(values.flow, 'utf8')));
  if (!Value.Check(Flow, flow)) {
    const faults = Value.Errors(Flow, flow).map((fault) => `  ${fault.instancePath} ${fault.message}`);
    process.stderr.write(`${values.flow} is not a flow:\n${faults.join('\n')}\n`);
    return 1;
  }
  const { made, current } = await makePrompts({
    prompts: flow.prompts,
    outDir: values.out,
    log: (line) => process.stdout.write(`${line}\n`),
  });
  process.stdout.write(`${made} made, ${current} current\n`);
  return 0;
}

try {
  process.exitCode = await main();
} catch (fault) {
  process.stderr.write(`${messageOf(fault)}\n${fault instanceof KeeplineError ? `${fault.hint}\n` : ''}`);
  process.exitCode = 1;
}
