/**
 * `./keepline demo [--data DIR] [--json] [--agent ID --password TEXT]`: calls through a running site (or one it starts for itself), cuts the cloud,
 * calls again, heals it, and counts from both ends. Exit status 0 only when everything promised was seen.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { startAgentBrowser } from '../agent-browser.ts';
import { eventually } from '../eventually.ts';
import { exportRecording, listRecordings, tonesOnTape } from '../recordings.ts';
import { eventsOf } from '../site-database.ts';
import { OwnSite, Site } from '../site.ts';
import { Softphone } from '../softphone.ts';
import { tone, writeWav } from '../tone.ts';
import { type CallFigures, type DemoFigures, figuresOf, holds } from './figures.ts';
import { AGENT_HZ, CALLER_HZ, playCall, type Scene } from './scene.ts';

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: 'var' },
    json: { type: 'boolean', default: false },
    agent: { type: 'string', default: 'agent1' },
    password: { type: 'string' },
  },
});
const tell = (step: string): void => console.error(`demo: ${step}`);
const scratch = mkdtempSync(join(tmpdir(), 'keepline-demo-'));

async function demo(site: Site): Promise<DemoFigures> {
  const { data } = site.place;
  const password = values.password ?? site.passwords().get(values.agent);
  if (password === undefined) throw new Error(`no password of ${values.agent} is known in ${data}; give --agent and --password`);
  const mic = join(scratch, 'agent.wav');
  writeWav(mic, tone([AGENT_HZ], 2000, 0.3, 48_000), 48_000);
  const firstNumber = (await eventsOf(data)).at(-1)?.number ?? 0;

  const phone = await Softphone.open(site.place.sip.address);
  const agent = await startAgentBrowser({
    baseUrl: site.place.http,
    agent: values.agent,
    password,
    micWav: mic,
    onPasswordChanged: (own) => {
      site.keepPassword(values.agent, own);
      tell(`${values.agent} has set a password of its own, as everybody does at the first sign-in`);
    },
  });
  const calls: CallFigures[] = [];
  try {
    await agent.ready();
    tell(`${values.agent} signed in at ${site.place.http} and is ready`);
    const scene: Scene = { site, phone, agent, number: '95000', tell: (step) => tell(`call ${calls.length + 1}: ${step}`) };
    calls.push(await playCall(scene, { outage: false, hold: true, endedBy: 'caller' }));
    calls.push(await playCall(scene, { outage: false, hold: false, endedBy: 'agent' }));

    const beforeKey = async (): Promise<void> => {
      await site.cloud('freeze');
      tell('the cloud is cut while the caller is in the menu: a black hole, nobody says goodbye');
    };
    calls.push(await playCall(scene, { outage: true, hold: false, endedBy: 'caller', beforeKey }));
    await eventually('the desk shows the link as down', async () => (await agent.linkState()) === 'down');
    tell('the desk shows that the site works on its own');
    calls.push(await playCall(scene, { outage: true, hold: false, endedBy: 'caller' }));
    const waiting = (await site.counts()).waiting;
    await site.cloud('thaw');
    tell(`the cloud is back; ${waiting} events had waited`);
  } finally {
    await agent.close();
    await phone.close();
  }
  return measure(site, calls, firstNumber);
}

/** Counts from both ends once everything has arrived. */
async function measure(site: Site, calls: CallFigures[], firstNumber: number): Promise<DemoFigures> {
  const { data } = site.place;
  const log = (await eventsOf(data, firstNumber)).filter(({ type }) => type !== 'link.changed');
  const callIds = log.filter(({ type }) => type === 'call.offered').map(({ data: { callId } }) => String(callId));
  const witness = await site.witness();
  try {
    const arrived = await eventually(
      'all events arrive',
      async () => {
        const events = await witness.events();
        const ids = new Set(events.map(({ id }) => id));
        return log.every(({ id }) => ids.has(id)) && events;
      },
      60_000,
      250,
    );
    const tapes = await listRecordings(data);
    for (const [i, call] of calls.entries()) {
      const tape = tapes.find(({ callId }) => callId === callIds[i]);
      if (tape?.state === 'complete') {
        const { caller, agent } = tonesOnTape(await exportRecording(data, tape.id, scratch), CALLER_HZ, AGENT_HZ);
        call.recorded = caller > 0.5 && agent > 0.5;
        tell(`call ${i + 1}: recorded ${(tape.durationMs / 1000).toFixed(1)} s; both voices on tape: ${call.recorded ? 'yes' : 'NO'}`);
      }
      const decided = arrived.find(({ type, data: { callId } }) => type.includes('routing.decided') && callId === callIds[i]);
      call.routingDelayMs = Number(decided?.data['delayMs'] ?? Number.NaN);
    }
    const counters = await witness.counters();
    tell(`analytics in the cloud counted ${JSON.stringify(counters)}`);
    return figuresOf(
      calls,
      log.map(({ id }) => id),
      arrived.map(({ id }) => id),
    );
  } finally {
    await witness.close();
  }
}

async function startOwn(): Promise<Stage> {
  tell(`no site runs on ${data}; starting one in a folder of its own`);
  const folder = join(scratch, 'site');
  mkdirSync(folder, { mode: 0o700 });
  const site = await OwnSite.start(folder, {}, tell);
  return { site, end: () => site.close() };
}

/** Where the demo plays, and what is left to do afterwards. */
interface Stage {
  readonly site: Site;
  end(): Promise<unknown>;
}

const data = resolve(values.data);
const running = await Site.running(data);
// Never in the folder that was named: it may be a real site that is stopped just now.
const stage: Stage = running ? { site: running, end: async () => {} } : await startOwn();
let figures: DemoFigures;
try {
  figures = await demo(stage.site);
} finally {
  await stage.end();
  rmSync(scratch, { recursive: true, force: true });
}
if (!values.json) console.error(JSON.stringify(figures, null, 2));
console.log(JSON.stringify(figures)); // the last line, for machines
process.exitCode = holds(figures) ? 0 : 1;
