/** `./keepline anonymise --jsonl`: texts from stdin to stdout, line by line; a bad line is reported on stderr and left out. */
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { KeeplineError } from '@keepline/contracts/errors';
import { anonymiseLine, type Line, LineCutter } from './anonymise/jsonl.ts';

const USAGE =
  'usage: ./keepline anonymise --jsonl < IN > OUT\n  a line in: {"id","text"}, a line out: {"id","text","entities":[{"type","start","end"}]}; offsets in UTF-16 units of the text given';

/** Resolves with the exit status: 1 if a line was left out. */
async function run(): Promise<number> {
  const cutter = new LineCutter();
  let refused = 0;
  const write = async (lines: readonly Line[]): Promise<void> => {
    let out = '';
    for (const line of lines) {
      try {
        if ('error' in line) throw line.error;
        if (line.text.trim() !== '') out += `${anonymiseLine(line.text, line.number)}\n`;
      } catch (error) {
        if (!(error instanceof KeeplineError)) throw error;
        refused += 1;
        console.error(`keepline: ${error.code}: ${error.message}\n  next: ${error.hint}`);
      }
    }
    if (out !== '' && !process.stdout.write(out)) await once(process.stdout, 'drain');
  };
  for await (const chunk of process.stdin) await write(cutter.push(chunk instanceof Buffer ? chunk : Buffer.from(chunk)));
  await write(cutter.end());
  return refused === 0 ? 0 : 1;
}

function wanted(): boolean {
  try {
    return parseArgs({ options: { jsonl: { type: 'boolean' } } }).values.jsonl === true;
  } catch {
    return false;
  }
}

process.stdout.on('error', () => process.exit(1)); // the reader is gone: nothing to write to
if (wanted()) process.exitCode = await run();
else {
  console.error(USAGE);
  process.exitCode = 2;
}
