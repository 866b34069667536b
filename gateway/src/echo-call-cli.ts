/**
 * `node gateway/src/echo-call-cli.ts [--site FILE] [--seconds N]`: calls the echo of the running site from this machine, over its own SIP port and RTP
 * edge, and prints what came back as one line of JSON. For `./keepline doctor`.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { parseArgs } from 'node:util';
import { systemClock as clock } from '@keepline/contracts/clock';
import { endWith } from '@keepline/contracts/command-end';
import { KeeplineError } from '@keepline/contracts/errors';
import type { SiteConfig } from '@keepline/contracts/site-config';
import { readSiteFile } from '@keepline/contracts/site-file';
import { EchoMeasure, type EchoFigures } from './media/echo-measure.ts';
import { linearToAlaw } from './media/g711.ts';
import { emptyHeader, readRtp, RTP_HEADER_BYTES, writeRtp } from './media/rtp-packet.ts';
import { acceptAnswer, offerAudio } from './sdp/offer-answer.ts';
import { UserAgent } from './sip/user-agent.ts';

const USAGE = 'usage: node gateway/src/echo-call-cli.ts [--site FILE] [--seconds 2..30]';
const PACKET_MS = 20;
const SAMPLES = 160;
const ANSWER_LIMIT_MS = 10_000;
/** Packets that are still on their way when the last has been sent, ms. */
const LAST_WORD_MS = 300;
/** Loud enough to be speech to whoever tells speech from silence on the way; 1004 Hz, ITU-T O.132. */
const TONE = Uint8Array.from({ length: SAMPLES }, (_, i) => linearToAlaw(Math.round(8000 * Math.sin((2 * Math.PI * 1004 * i) / 8000))));

async function echoCall(site: SiteConfig, seconds: number): Promise<EchoFigures & { readonly answerMs: number }> {
  const { address } = site.network;
  const host = isIPv6(address) ? `[${address}]` : address;
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
  const agent = await UserAgent.start({
    address,
    port: 0,
    clock,
    product: 'Keepline doctor',
    limits: site.sip,
    admit: () => 'accept',
    onInvite: (call) => call.reject(486),
  });
  const measure = new EchoMeasure();
  const header = emptyHeader();
  try {
    socket.on('message', (packet) => {
      if (readRtp(packet, header)) measure.received(packet, header, clock.monotonicMs());
    });
    socket.bind(0, address);
    await once(socket, 'listening');
    const offer = offerAudio({ address, rtpPort: socket.address().port, sessionId: 1, version: 1 });
    const beganMs = clock.monotonicMs();
    const call = agent.invite(`sip:${site.featureCodes.echo}@${host}:${site.sip.port}`, offer, {
      from: { uri: `sip:doctor@${host}`, displayName: '' },
      timeoutMs: ANSWER_LIMIT_MS,
    });
    const remote = acceptAnswer(offer, await call.answered);
    const answerMs = Math.round(clock.monotonicMs() - beganMs);
    await sound(seconds, (i) => {
      const packet = Buffer.alloc(RTP_HEADER_BYTES + SAMPLES);
      writeRtp(packet, 0, remote.payloadType, i === 0, i, i * SAMPLES, 0x6b65_6570);
      packet.set(TONE, RTP_HEADER_BYTES);
      measure.send(packet, RTP_HEADER_BYTES, clock.monotonicMs());
      socket.send(packet, remote.port, remote.address);
    });
    call.hangup();
    await call.ended;
    return { answerMs, ...measure.figures() };
  } finally {
    socket.close();
    await agent.close();
  }
}

/** One packet each 20 ms; a turn that comes late sends what is due, so that the rate holds. */
function sound(seconds: number, send: (i: number) => void): Promise<void> {
  const packets = (seconds * 1000) / PACKET_MS;
  const beganMs = clock.monotonicMs();
  let sent = 0;
  return new Promise((resolve) => {
    const stop = clock.every(PACKET_MS / 2, () => {
      const due = Math.min(packets, Math.floor((clock.monotonicMs() - beganMs) / PACKET_MS) + 1);
      while (sent < due) send(sent++);
      if (sent < packets) return;
      stop();
      clock.after(LAST_WORD_MS, resolve);
    });
  });
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { site: { type: 'string' }, seconds: { type: 'string', default: '5' } } });
  const seconds = Number(values.seconds);
  if (!(seconds >= 2 && seconds <= 30)) {
    console.error(USAGE);
    return 2;
  }
  const site = readSiteFile(values.site);
  if (site.featureCodes.echo === '')
    throw new KeeplineError('ECHO_OFF', 'this site has no echo to call', {
      hint: 'Set featureCodes.echo in site.yaml, such as *43, and restart the gateway.',
    });
  console.log(JSON.stringify(await echoCall(site, seconds)));
  return 0;
}

await endWith(main, USAGE);
