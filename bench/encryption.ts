/**
 * `./keepline bench encryption [--json] [--seconds 3]`: MB/s of one core that a recording's payload is sealed and opened with, beside the
 * bare cipher of node:crypto on chunks of the same size: the floor of any such code. The three take turns, so that whatever else the
 * machine does slows all. MB are 10^6 bytes of text; the time is CPU time of this process.
 */
import { createCipheriv, randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { AgeSealer, CHUNK_BYTES, newIdentity, openChunk, payloadKey, recipientOf } from '../compliance/src/keys/age-file.ts';
import { sealChunk } from '../compliance/src/keys/age-stream.ts';

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false }, seconds: { type: 'string', default: '3' } } });
const seconds = Number(values.seconds);
const FLOOR = 'createCipheriv chacha20-poly1305, update, final and tag of a 64 KiB chunk, the pieces not joined';
/** Chunks of one turn: 8 MiB, long against the clock and short against a busy neighbour. */
const TURN = 128;

const text = randomBytes(CHUNK_BYTES);
const key = payloadKey(randomBytes(16), randomBytes(16));
const nonce = Buffer.alloc(12);
const sealed = sealChunk(key, 0, false, text);
let sealer = await newSealer();
let index = 1;

function newSealer(): Promise<AgeSealer> {
  return newIdentity()
    .then(recipientOf)
    .then((recipient) => AgeSealer.to(recipient));
}

const works = {
  seal: () => sealer.seal(index++, false, text).length,
  open: () => openChunk(key, 0, false, sealed).length,
  floor() {
    nonce.writeUInt32BE(index++ & 0xffff_ffff, 4);
    const cipher = createCipheriv('chacha20-poly1305', key, nonce, { authTagLength: 16 });
    return cipher.update(text).length + cipher.final().length + cipher.getAuthTag().length;
  },
} as const;
type Work = keyof typeof works;
const names: readonly Work[] = ['seal', 'open', 'floor'];

const cpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/** MB/s of each turn. */
const readings: Record<Work, number[]> = { seal: [], open: [], floor: [] };
for (const until = performance.now() + seconds * 1000; performance.now() < until; ) {
  sealer = await newSealer();
  index = 1;
  for (const name of names) {
    const begun = cpuMs();
    for (let turn = 0; turn < TURN; turn++) works[name]();
    readings[name].push((TURN * CHUNK_BYTES) / 1000 / (cpuMs() - begun));
  }
}

/** The first turns compile the code and are left out. */
const median = (of: readonly number[]): number => {
  const warm = of.slice(Math.min(5, of.length - 1)).toSorted((a, b) => a - b);
  return Math.round(warm[warm.length >> 1] ?? 0);
};
const figures = {
  sealMBPerSecondPerCore: median(readings.seal),
  openMBPerSecondPerCore: median(readings.open),
  floorMBPerSecondPerCore: median(readings.floor),
  ratio: Math.round((median(readings.seal) / median(readings.floor)) * 100) / 100,
  chunkBytes: CHUNK_BYTES,
  floor: FLOOR,
};
console.error(`bench: seal ${figures.sealMBPerSecondPerCore}, open ${figures.openMBPerSecondPerCore} MB/s per core`);
console.error(`bench: floor ${figures.floorMBPerSecondPerCore} MB/s (${FLOOR}); ratio ${figures.ratio}`);
if (values.json) console.log(JSON.stringify(figures));
