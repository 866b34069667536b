/**
 * The gateway process, put together in the order of a call and closed in the reverse one (docs/teardown.md).
 * `node gateway/src/main.ts --site FILE --data DIR` prints one line of JSON on stdout when its doors are open and logs to stderr.
 */
import { systemClock as clock } from '@keepline/contracts/clock';
import { KeeplineError } from '@keepline/contracts/errors';
import { callBacksOf } from './house/call-backs.ts';
import { callsOut } from './house/calls-out.ts';
import { setUpDesks } from './house/desks.ts';
import { followDownlink } from './house/downlink.ts';
import { layGround } from './house/ground.ts';
import { healthOf } from './house/health.ts';
import { takeOtherArrival } from './house/other-arrivals.ts';
import { openRouting } from './house/routing.ts';
import { startSchedules } from './house/schedules.ts';
import { startOrder } from './house/start-order.ts';
import { Stories } from './house/stories.ts';
import { openTrunks } from './house/trunks.ts';
import { openVoice } from './house/voice.ts';
import { CallJournal } from './journeys/call-journal.ts';
import type { House } from './journeys/house.ts';
import { runInboundCall } from './journeys/inbound-call.ts';
import { startOutboundCall } from './journeys/outbound-call.ts';
import { closeInterruptedCalls } from './journeys/interrupted-calls.ts';
import { agentDoor } from './legs/agent-door.ts';
import { type ArrivalDoor, receive } from './legs/arrival.ts';
import type { IncomingCall } from './sip/user-agent.ts';

async function main(): Promise<void> {
  const { site, siteFile, data } = await startOrder();
  const ground = await layGround(site, data);
  const { log, store, events, onFault } = ground;
  const siteAct = { who: 'gateway', role: 'system', from: 'local', object: site.site };
  await ground.audited('site.start', { ...siteAct, purpose: 'serve calls' }, async () => {});
  const interrupted = await closeInterruptedCalls(store, events);
  if (interrupted > 0) log.warn({ calls: interrupted }, 'calls were interrupted by the end of the gateway before');

  const schedules = startSchedules(ground, siteFile);
  const voice = await openVoice(ground);
  const routing = openRouting(ground);
  const { registry, roster, dispatcher } = routing;
  const downlink = await followDownlink(ground, voice, roster);
  const desks = await setUpDesks({
    siteFlow: voice.siteFlow,
    siteFile,
    ground,
    routing,
    browsers: voice.browsers,
    dial(agentId, number) {
      const { callId, over } = startOutboundCall(agentId, number, house);
      stories.follow(over);
      return callId;
    },
    callBacks: () => callBacks,
    metrics: () => voice.metrics(),
    health: () => healthOf({ ...routing, voice, exporter: ground.exporter, alarms: ground.alarms, trunks: trunks.status().trunks }),
  });

  // SIP opens when the house behind it stands; until then an INVITE finds no port and the trunk tries again.
  const journal = new CallJournal({ store, events, clock, onFault });
  const front: ArrivalDoor = {
    trunkOf: (source) => trunks.trunkOf(source),
    edge: voice.edge,
    clock,
    media: voice.media,
    srtpKeysWithoutTls: site.media.srtpKeysWithoutTls,
  };
  const stories = new Stories(onFault);
  const callBacks = callBacksOf(ground, () => house);
  const onInvite = async (invite: IncomingCall): Promise<void> => {
    if (await takeOtherArrival(invite, trunks, voice, ground, house)) return;
    const arrival = await receive(invite, front, ({ callId, trunk, status, why }) => journal.refused(callId, trunk, status, why));
    if (arrival) await runInboundCall(arrival, house);
  };
  const trunks = await openTrunks(ground, roster, voice.overload, {
    onInvite: (invite) => stories.follow(onInvite(invite)),
    onShed: (trunk, status, why) => journal.refused(null, trunk, status, why),
  });
  const { userAgent } = trunks;
  const house: House = {
    clock,
    registry,
    dispatcher,
    roster,
    door: agentDoor({
      userAgent,
      media: voice.media,
      siteUri: trunks.siteUri,
      phoneSrtp: { policy: site.media.phoneSrtp, keysWithoutTls: site.media.srtpKeysWithoutTls },
      phonesOf: (agentId) => trunks.phonesOf(agentId),
      workplace: (agentId) => desks.desks.workplace(agentId),
    }),
    journal,
    callbacks: callBacks,
    ...callsOut(ground, voice, trunks),
    flow: () => downlink.flow(),
    recordingFault: () => voice.recordingFault(),
    outboundFault: () => voice.overload.outboundFault(),
    tape: voice.tape,
    onFault,
  };
  ground.exporter.start();
  roster.startPhones();
  await callBacks.open();
  const doors = await desks.open();
  const ready = {
    http: `http://localhost:${doors.httpPort}`,
    https: `https://${site.network.address}:${doors.httpsPort}`,
    sip: `sip:95000@${site.network.address}:${userAgent.port}`, // any number reaches the flow; this is one to dial
    pid: process.pid,
    firstPasswords: desks.firstPasswords.map(({ agentId, password }) => ({ agent: agentId, password })),
  };
  console.log(JSON.stringify({ ready }));
  voice.closeLeftOpen();

  const close = async (): Promise<void> => {
    userAgent.drain();
    callBacks.withdraw();
    await registry.quiet(site.shutdownSeconds * 1000, clock);
    await Promise.all(registry.all().map((call) => call.hangup('site')));
    await stories.over(clock, callBacks.over());
    await ground.audited('site.stop', { ...siteAct, purpose: 'asked to stop' }, async () => {});
    await doors.close();
    await desks.close();
    await trunks.close();
    await voice.close();
    await schedules.close();
    downlink.close();
    routing.close();
    await ground.close();
    process.exit(0);
  };
  const onSignal = (): void =>
    void close().catch((fault: unknown) => {
      onFault(fault);
      process.exit(1);
    });
  process.once('SIGTERM', onSignal).once('SIGINT', onSignal);
}

try {
  await main();
} catch (fault) {
  if (!(fault instanceof KeeplineError)) throw fault;
  console.error(`${fault.code}: ${fault.message}\n  next: ${fault.hint}`);
  process.exit(1);
}
