/**
 * `./keepline bench srtp [--json] [--packets 100000]`: CPU microseconds to open and to seal one packet of 20 ms, each suite, one core, beside
 * one AES block stream of the same length alone. A packet that crosses from one SRTP leg to another is opened once and sealed once.
 */
import { createCipheriv, randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { writeRtp } from '../gateway/src/media/rtp-packet.ts';
import { SrtpReceiver, SrtpSender } from '../gateway/src/media/srtp.ts';
import { type CryptoSuite, KEY_BYTES } from '../gateway/src/sdp/crypto-attribute.ts';

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false }, packets: { type: 'string', default: '100000' } } });
const packets = Number(values.packets);
/** Compiled before the measured time. */
const WARM_UP = 20_000;
const BYTES = 172;

function cost(run: (turn: number) => void): number {
  for (let turn = 0; turn < WARM_UP; turn++) run(turn);
  const before = process.cpuUsage();
  for (let turn = WARM_UP; turn < WARM_UP + packets; turn++) run(turn);
  const { user, system } = process.cpuUsage(before);
  return Math.round(((user + system) / packets) * 100) / 100;
}

function suiteCost(suite: CryptoSuite): { readonly sealUs: number; readonly openUs: number } {
  const key = randomBytes(KEY_BYTES[suite]);
  const plain = Buffer.alloc(BYTES, 0xd5);
  const sealed: Buffer[] = [];
  const sender = new SrtpSender(suite, key);
  const sealUs = cost((turn) => {
    writeRtp(plain, 0, 8, false, turn & 0xffff, turn * 160, 7);
    sealed.push(sender.seal(plain, 0, BYTES) ?? plain);
  });
  const receiver = new SrtpReceiver(suite, key);
  const openUs = cost((turn) => {
    const length = receiver.open(sealed[turn] ?? plain, 0);
    if (length !== BYTES) throw new Error(`packet ${turn} was not opened: ${length}`);
  });
  return { sealUs, openUs };
}

const aes = createCipheriv('aes-128-ecb', randomBytes(16), null).setAutoPadding(false);
const block = randomBytes(160);
const floorUs = cost(() => aes.update(block));
const suites = Object.keys(KEY_BYTES) as CryptoSuite[]; // the record has exactly these keys
const figures = Object.fromEntries(suites.map((suite) => [suite, suiteCost(suite)]));
for (const [suite, { sealUs, openUs }] of Object.entries(figures))
  console.error(`bench: ${suite}: seals ${sealUs} µs, opens ${openUs} µs a packet`);
console.error(`bench: AES alone over 160 bytes: ${floorUs} µs`);
if (values.json) console.log(JSON.stringify({ packets, floorUsPerPacket: floorUs, suites: figures }));
