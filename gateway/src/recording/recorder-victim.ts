/**
 * A process made to be killed by `interrupted.test.ts`: records a counting pattern and tells on standard output how many samples it has
 * handed to the recorder. Arguments: folder, recipient, recording id, samples to hand over at once, path of the disk's limit or ''.
 */
import { systemClock } from '@keepline/contracts/clock';
import { isId } from '@keepline/contracts/ids';
import { Recorder } from './recorder.ts';
import { openOn } from './testing/open-on.ts';

const BLOCK = 4000;
const [dir = '', recipient = '', id = '', atOnce = '0'] = process.argv.slice(2);
if (!isId('rec', id)) throw new Error('the third argument is a recording id');

const onFault = (fault: Error): void => void process.stdout.write(`fault ${fault.name}\n`);
const recorder = await Recorder.start({ dir, recipient, minFreeBytes: 0, clock: systemClock, onFault });
const { port, finished } = await openOn(recorder, id);
let posted = 0;

function post(): void {
  const alaw = new Uint8Array(BLOCK * 2);
  for (let i = 0; i < BLOCK; i++) {
    alaw[2 * i] = (posted + i) % 251;
    alaw[2 * i + 1] = Math.floor((posted + i) / 251) % 256;
  }
  port.postMessage({ kind: 'audio', startSample: posted, alaw });
  posted += BLOCK;
  process.stdout.write(`posted ${posted}\n`);
}

while (posted < Number(atOnce)) {
  post();
  await new Promise((resolve) => setTimeout(resolve, 5));
}
// Ten times as fast as a call: the parent kills in this phase, so what is lost is what the recorder had not written yet.
const stop = systemClock.every(50, post);
const result = await finished;
stop();
process.stdout.write(`finished ${JSON.stringify(result)}\n`);
await recorder.close();
