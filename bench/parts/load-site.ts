/** A whole site for a load: agents on the SIP phones of the load, a flow that queues at once, and no limit of its own that the load could meet. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OwnSite } from '@keepline/testkit/site';
import { stringify } from 'yaml';
import type { LoadPhones } from './load-phones.ts';

/** Where the site takes RTP ports: below what the kernel hands out by itself. */
const RTP_PORT_MIN = 10_000;

/** @param calls at once, and agents @param spareCalls whose ports still rest while others begin */
export async function openLoadSite(data: string, phones: LoadPhones, calls: number, spareCalls: number, edgeWorkers = 1): Promise<OwnSite> {
  mkdirSync(join(data, 'flows'));
  const nodes = { wait: { do: 'enqueue', queue: 'service', overflow: 'bye' }, bye: { do: 'hangup', prompt: 'bye' } };
  const prompts = { bye: { zh: '再见', en: 'Goodbye' } };
  writeFileSync(join(data, 'flows/main.yaml'), stringify({ flow: 'main', version: 1, language: 'zh', start: 'wait', nodes, prompts }));
  return OwnSite.start(data, {
    agents: Array.from({ length: calls }, (_, i) => `load${i + 1}`).map((id) => ({
      ...{ id, name: id, queues: ['service'] },
      phone: phones.agentUri(id),
    })),
    sip: { sourceCallsPerSecond: 1000, trunks: [{ name: 'load', maxCalls: 5000, maxCallsPerSecond: 1000 }] },
    overload: { maxCalls: 20_000, loopDelayMs: 10_000, edgeLateMs: 10_000, recorderQueuePercent: 100 }, // what the machine carries, not what it lets in
    media: { rtpPortMin: RTP_PORT_MIN, rtpPortMax: RTP_PORT_MIN + 4 * (calls + spareCalls) + 199, edgeWorkers },
  });
}
