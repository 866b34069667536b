/**
 * `./keepline bench call-setup [--json] [--offers 100] [--in-progress 20] [--rate 10]`: how long a caller waits for ringing (180) and for the
 * answer (200) while calls with two-way, recorded audio are in progress. The floor is the same soft phone calling a SIPp phone that answers
 * at once, in turns with the house, so that both meet the same load.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Quantiles, quantiles } from '@keepline/testkit/quantiles';
import { Sipp } from '@keepline/testkit/sipp';
import { Softphone } from '@keepline/testkit/softphone';
import { tempDir } from '@keepline/testkit/temp-dir';
import type { HouseIsBusy, HouseWasBusy } from './parts/busy-house.ts';

const FLOOR = 'the same soft phone calling a SIPp phone that sends 180 and 200 at once';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    offers: { type: 'string', default: '100' },
    'in-progress': { type: 'string', default: '20' },
    rate: { type: 'string', default: '10' },
  },
});
const offers = Number(values.offers);
const perSecond = Number(values.rate);
const tell = (line: string): void => console.error(`bench: ${line}`);

interface Times {
  readonly ringMs: number[];
  readonly answerMs: number[];
}

/** One call that is hung up as soon as it is answered; a refusal leaves no time and so shows as a missing answer. */
async function offer(phone: Softphone, to: HouseIsBusy, times: Times): Promise<void> {
  const call = await phone.place(to, '95000');
  try {
    await call.answered;
    times.ringMs.push(call.ringMs);
    times.answerMs.push(call.answerMs);
  } catch {
    tell(`a call was refused with ${call.status}`);
  } finally {
    await call.hangup();
  }
}

async function message<T>(child: ChildProcess): Promise<T> {
  const died = once(child, 'exit').then(([code]) => Promise.reject(new Error(`the house ended with ${code}; its words are above`)));
  const [told] = await Promise.race([once(child, 'message'), died]);
  return told; // both ends are ours: busy-house.ts says what it sends
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const shown = ({ p50, p95, p99 }: Quantiles): string => `p50 ${p50}  p95 ${p95}  p99 ${p99} ms`;

const scratch = tempDir();
const floorPhone = await Sipp.start({
  scenario: join(import.meta.dirname, '../test/fixtures/sipp/phone-answers.xml'),
  folder: scratch.path,
  calls: offers,
  limitSeconds: 300 + Math.ceil(offers / perSecond),
});
tell(`starting a site with ${values['in-progress']} calls in progress`);
const house = fork(join(import.meta.dirname, 'parts/busy-house.ts'), [values['in-progress']]);
try {
  const site = await message<HouseIsBusy>(house);
  tell(`they talk; offering ${offers} more, ${perSecond} a second`);
  const phone = await Softphone.open();
  const atSite: Times = { ringMs: [], answerMs: [] };
  const atFloor: Times = { ringMs: [], answerMs: [] };
  const running: Array<Promise<void>> = [];
  for (let i = 0; i < offers; i++) {
    running.push(offer(phone, site, atSite));
    await pause(500 / perSecond);
    running.push(offer(phone, { address: '127.0.0.1', port: floorPhone.port }, atFloor));
    await pause(500 / perSecond);
  }
  await Promise.all(running);
  await phone.close();
  const asked = message<HouseWasBusy>(house);
  house.send('end');
  const { talking, recorded } = await asked;

  const inviteTo180Ms = quantiles(atSite.ringMs);
  const inviteTo200Ms = quantiles(atSite.answerMs);
  const floorInviteTo180Ms = quantiles(atFloor.ringMs);
  const ratioP95 = Math.round((inviteTo180Ms.p95 / floorInviteTo180Ms.p95) * 10) / 10;
  tell(`INVITE to 180: ${shown(inviteTo180Ms)}`);
  tell(`INVITE to 200: ${shown(inviteTo200Ms)}`);
  tell(`floor, INVITE to 180: ${shown(floorInviteTo180Ms)} (${FLOOR})`);
  tell(`p95 is ${ratioP95} times the floor; ${atSite.answerMs.length} of ${offers} answered`);
  tell(`of ${values['in-progress']} calls in progress ${talking} talked to the end and ${recorded} were recorded`);
  const figures = { inviteTo180Ms, inviteTo200Ms, floorInviteTo180Ms, floor: FLOOR, ratioP95 };
  const answered = atSite.answerMs.length;
  if (values.json) console.log(JSON.stringify({ ...figures, callsInProgress: talking, recorded, offered: offers, answered }));
  process.exitCode = answered === offers && talking === Number(values['in-progress']) && recorded === talking ? 0 : 1;
} finally {
  await floorPhone.close();
  if (house.connected) house.disconnect(); // after a fault it still waits; this tells it to close
  if (house.exitCode === null) await once(house, 'exit');
  scratch.remove();
}
