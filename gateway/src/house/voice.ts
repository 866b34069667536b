/**
 * Everything audible: prompts and flow, the RTP edge, the browser media, the recorder, and SIP at the end of it. SIP opens last, so no
 * call arrives before the house can take it.
 */
import { copyFile, mkdir } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock as clock } from '@keepline/contracts/clock';
import type { KeeplineError } from '@keepline/contracts/errors';
import type { Flow } from '@keepline/contracts/flow';
import type { CallId } from '@keepline/contracts/ids';
import { flowInForce } from '../downlink/in-force.ts';
import { publishFlow, readFlowFile } from '../ivr/flow-store.ts';
import { BrowserMedia } from '../media/browser-endpoint.ts';
import { type CallMedia, MediaEdge } from '../media/edge.ts';
import { makePrompts } from '../media/prompt-maker.ts';
import type { House } from '../journeys/house.ts';
import { EchoLine } from '../legs/echo-line.ts';
import { type TapeParts, tapeOf } from '../journeys/tape.ts';
import { leftOpen, recover } from '../recording/ledger.ts';
import { Recorder } from '../recording/recorder.ts';
import type { Ground } from './ground.ts';
import { type Overload, watchOverload } from './overload.ts';

const SAMPLE_FLOW = fileURLToPath(new URL('../../flows/main.yaml', import.meta.url));
/** The sample flow spoken, in a bundle (`prompts-cli.ts`); not there in a clone. */
const CARRIED_PROMPTS = fileURLToPath(new URL('../../prompts', import.meta.url));

export interface Voice {
  /** The flow of the start: an approved suggestion, or the one of the site file. */
  readonly flow: Flow;
  readonly siteFlow: Flow;
  /** Prompts that were made. */
  readonly prompts: Flow['prompts'];
  readonly edge: MediaEdge;
  readonly echo: EchoLine;
  readonly browsers: BrowserMedia;
  readonly recorder: Recorder;
  /** The tape of one conversation. */
  readonly tape: House['tape'];
  /** Media of the calls in progress. */
  readonly media: Map<CallId, CallMedia>;
  /** Turns new calls away while the gateway breathes too hard. */
  readonly overload: Overload;
  /** Figures of sound and of overload, Prometheus text. */
  metrics(): Promise<string>;
  /** Why no call can be taken now, or null; each change is logged once. */
  recordingFault(): KeeplineError | null;
  /** Closes what a gateway that died left open of recordings, beside the calls that are taken: there may be a thousand. */
  closeLeftOpen(): void;
  close(): Promise<void>;
}

export async function openVoice(ground: Ground): Promise<Voice> {
  const { site, data, log, onFault } = ground;
  const recordings = join(data, 'recordings');
  const left = await leftOpen(ground.store.read);
  const fromFile = await siteFlow(ground);
  const flow = (await flowInForce(ground.store.read, site)) ?? fromFile;
  const prompts = { ...fromFile.prompts, ...flow.prompts };
  const promptDir = join(data, 'prompts');
  await makePrompts({ prompts, outDir: promptDir, carried: CARRIED_PROMPTS, log: (line) => log.info({ part: 'prompts' }, line) });
  const edge = await MediaEdge.start({
    address: site.network.address,
    rtpPortMin: site.media.rtpPortMin,
    rtpPortMax: site.media.rtpPortMax,
    workers: site.media.edgeWorkers,
    rtpTimeoutMs: site.media.rtpTimeoutSeconds * 1000,
    reorderMs: site.media.reorderMs,
    promptDir,
    language: site.language,
    mosAlarm: site.media.mosAlarm,
    onFault,
  });
  const browsers = await BrowserMedia.start({ address: site.network.address, port: site.media.webRtcPort, clock, onFault });
  const recorder = await Recorder.start({
    dir: recordings,
    get recipient() {
      return ground.keys.recordingRecipient();
    },
    minFreeBytes: site.recording.minFreeMegabytes * 1024 * 1024,
    clock,
    onFault,
  });
  const tapes: TapeParts = {
    recorder,
    store: ground.store,
    events: ground.events,
    clock,
    onFault,
    maxPauseMs: site.recording.maxPauseSeconds * 1000,
    async auditResume(recordingId) {
      const act = { who: 'gateway', role: 'system', from: 'local', object: recordingId, purpose: 'recording.maxPauseSeconds' };
      await ground.audited('recording.resume', act, async () => {});
    },
  };
  const media = new Map<CallId, CallMedia>();
  const overload = watchOverload({
    ...{ clock, edge, recorder, onFault, settings: site.overload, withSound: media },
    onRelief: () => log.info('the gateway breathes again; calls are taken'),
  });
  let known = '';
  let closing = Promise.resolve();
  return {
    overload,
    metrics: async () => (await edge.metrics()) + overload.metrics(),
    recordingFault() {
      const accepting = recorder.accepting();
      const code = accepting.ok ? '' : accepting.why.code;
      if (code !== known) {
        known = code;
        if (accepting.ok) log.info('recording is possible again; calls are taken');
        else onFault(accepting.why);
      }
      return accepting.ok ? null : accepting.why;
    },
    flow,
    siteFlow: fromFile,
    prompts,
    edge,
    echo: new EchoLine(edge, clock),
    browsers,
    recorder,
    tape: (callId, agentId, source) => tapeOf(tapes, callId, agentId, source),
    media,
    closeLeftOpen() {
      closing = recover(ground.store, recordings, clock, left, (tx, { row: { id, callId }, outcome, durationMs }) => {
        log.warn({ recording: id, outcome, durationMs }, 'a recording was left open by a gateway that died');
        return ground.events.append(tx, 'recording.closed', { callId, recordingId: id, durationMs: Math.round(durationMs), outcome });
      }).catch(onFault);
    },
    async close() {
      await closing;
      overload.close();
      await edge.close();
      browsers.close();
      await recorder.close();
    },
  };
}

/** The flow file of the site; at first start the sample is put there. */
async function siteFlow({ site, data, store }: Ground): Promise<Flow> {
  const path = isAbsolute(site.flow) ? site.flow : join(data, site.flow);
  if (!existsSync(path)) {
    await mkdir(dirname(path), { recursive: true });
    await copyFile(SAMPLE_FLOW, path);
  }
  const flow = await readFlowFile(
    path,
    site.queues.map((queue) => queue.name),
    site.secretHooks.map((hook) => hook.name),
  );
  return (await publishFlow(store, clock, flow)).flow;
}
