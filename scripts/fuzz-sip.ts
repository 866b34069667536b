/**
 * Fuzzes the SIP side: node --expose-gc scripts/fuzz-sip.ts [--inputs 1000000] [--seed N]
 * Structure-aware inputs for parser, TCP framing, SDP and the stack with its calls. Ends with 1 and the input when a promise is broken: nothing
 * thrown, no input longer than a second of CPU, memory that does not grow, nothing left when all calls are over. The same seed gives the same inputs.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { FuzzSession } from '../gateway/fixtures/sip/fuzz/fuzz-session.ts';
import { SeededRandom } from '../gateway/fixtures/sip/fuzz/seeded-random.ts';

const INPUTS_PER_SESSION = 2000;
const MAX_INPUT_MS = 1000;
/** Growth of the heap over the whole run that counts as a leak, bytes. */
const MAX_GROWTH_BYTES = 32 * 1024 * 1024;

const { values } = parseArgs({ options: { inputs: { type: 'string', default: '1000000' }, seed: { type: 'string' } } });
const inputs = Number(values.inputs);
const seed = Number(values.seed ?? Date.now() % 2 ** 32);
const folder = join(import.meta.dirname, '../gateway/fixtures/sip/torture');
const corpus = readdirSync(folder).flatMap((file) => (file.endsWith('.dat') ? [readFileSync(join(folder, file))] : []));

function heapBytes(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

/** CPU time rather than time: a busy machine is no fault of an input. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

console.log(`fuzz-sip: ${inputs} inputs, --seed ${seed}`);
let slowestMs = 0;
let done = 0;
let baseBytes = 0;
for (let n = 0; done < inputs; n++) {
  const session = new FuzzSession(new SeededRandom(seed + n), corpus);
  try {
    for (let i = 0; i < INPUTS_PER_SESSION && done < inputs; i++, done++) {
      const fromMs = cpuMs();
      session.step();
      slowestMs = Math.max(slowestMs, cpuMs() - fromMs);
      if (i % 50 === 0) await setImmediate(); // what promises hold is let go
    }
    session.end();
  } catch (fault) {
    console.error(`fuzz-sip: after ${done} inputs; again with --seed ${seed + n} --inputs ${INPUTS_PER_SESSION}`);
    throw fault;
  }
  if (n === 10) baseBytes = heapBytes(); // warm by then
  if (n % 50 === 49)
    console.log(
      `fuzz-sip: ${done} inputs, slowest ${slowestMs.toFixed(1)} ms, heap ${(process.memoryUsage().heapUsed / 1e6).toFixed(0)} MB`,
    );
}
const growth = baseBytes === 0 ? 0 : heapBytes() - baseBytes;
console.log(
  `fuzz-sip: ${done} inputs, slowest ${slowestMs.toFixed(1)} ms, heap grew by ${(growth / 1e6).toFixed(1)} MB, no promise broken`,
);
if (slowestMs > MAX_INPUT_MS || growth > MAX_GROWTH_BYTES) {
  console.error('fuzz-sip: an input took too long, or memory grew');
  process.exitCode = 1;
}
