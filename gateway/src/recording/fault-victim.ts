/**
 * A process made to meet a real fault by `faults.test.ts`: a small disk, few descriptors, a folder that goes away. Arguments: fault, folder,
 * recipient. Tells as JSON whether calls that must be recorded are taken: before, during and after.
 */
import { openSync, closeSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '@keepline/contracts/clock';
import { Recorder } from './recorder.ts';

const [fault = '', dir = '', recipient = ''] = process.argv.slice(2);
const MEGABYTE = 1024 * 1024;
const PATIENCE_MS = 20_000;

const recorder = await Recorder.start({ dir, recipient, minFreeBytes: 16 * MEGABYTE, clock: systemClock, onFault: () => {} });
const said = (): string => {
  const accepting = recorder.accepting();
  return accepting.ok ? 'taken' : accepting.why.code;
};
/** The first answer that differs from the one before; health is told once a second. */
async function next(before: string): Promise<string> {
  for (const until = performance.now() + PATIENCE_MS; performance.now() < until && said() === before; )
    await new Promise((resolve) => setTimeout(resolve, 50));
  return said();
}

const filler = join(dir, 'filler');
const held: number[] = [];
const faults: Readonly<Record<string, { readonly cause: () => void; readonly mend?: () => void }>> = {
  disk: { cause: () => writeFileSync(filler, Buffer.alloc(24 * MEGABYTE)), mend: () => truncateSync(filler, 0) },
  files: {
    cause() {
      while (held.length < 130) held.push(openSync('/dev/null', 'r'));
    },
    mend: () => held.splice(0).forEach(closeSync),
  },
  folder: { cause: () => rmSync(dir, { recursive: true }) },
};

const before = said();
faults[fault]?.cause();
const during = fault in faults ? await next(before) : before;
const mend = faults[fault]?.mend;
mend?.();
const after = mend ? await next(during) : said();
process.stdout.write(JSON.stringify({ before, during, after }));
await recorder.close();
