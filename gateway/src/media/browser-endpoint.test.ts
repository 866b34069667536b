/**
 * The browser side with the real mediasoup worker, and with a real Chromium: only DTLS with a browser shows what plain RTP does not
 * (a worker built without the right OpenSSL shim dies at the first DTLS hello).
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@keepline/contracts/clock';
import type { KeeplineError } from '@keepline/contracts/errors';
import { freeUdpRange } from '@keepline/testkit/free-port';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type DeskBrowser, openDeskBrowser } from '../../fixtures/browser/desk-browser.ts';
import { share } from '../../fixtures/rtp/goertzel.ts';
import { RtpPeer } from '../../fixtures/rtp/rtp-peer.ts';
import { type BrowserEndpoint, BrowserMedia } from './browser-endpoint.ts';
import { type CallMedia, MediaEdge, type MediaLeg } from './edge.ts';
import { MediaWorker } from './media-worker.ts';

const wait = { timeout: 30_000, interval: 20 };
const MISSING = 'This test needs the mediasoup worker. Build it: ./keepline doctor, or name it in MEDIASOUP_WORKER_BIN';

let promptDir: string;
let edge: MediaEdge;
let call: CallMedia;
let media: BrowserMedia;
let calls = 0;
const faults: KeeplineError[] = [];
const peers: RtpPeer[] = [];

beforeAll(async () => {
  promptDir = mkdtempSync(join(tmpdir(), 'keepline-no-prompts-'));
  const portMin = await freeUdpRange(100);
  edge = await MediaEdge.start({
    address: '127.0.0.1',
    rtpPortMin: portMin,
    rtpPortMax: portMin + 99,
    workers: 1,
    rtpTimeoutMs: 30_000,
    reorderMs: 60,
    promptDir,
    language: 'zh',
    onFault: (fault) => faults.push(fault),
  });
  media = await BrowserMedia.start({ address: '127.0.0.1', port: 0, clock: systemClock, onFault: (fault) => faults.push(fault) }).catch(
    (cause: unknown) => {
      throw new Error(MISSING, { cause });
    },
  );
});
afterAll(async () => {
  media?.close();
  await edge.close();
  rmSync(promptDir, { recursive: true });
});
afterEach(async () => {
  for (const peer of peers.splice(0)) peer.close();
  await call?.close();
});

async function caller(): Promise<{ leg: MediaLeg; peer: RtpPeer }> {
  call = edge.openCall(`call-${++calls}`);
  const peer = await RtpPeer.open();
  peers.push(peer);
  const leg = await call.openLeg('caller');
  leg.setRemote(peer.remote());
  return { leg, peer };
}

/** What the desk and the gateway do with each other, over a real browser. */
async function joinDesk(endpoint: BrowserEndpoint, toneHz: number): Promise<DeskBrowser> {
  const browser = await openDeskBrowser(async (what, transportId, parameters) => {
    if (what === 'connect') return endpoint.connect(transportId, parameters);
    return { id: (await endpoint.produce(transportId, parameters)).producerId };
  });
  const desk = (script: string, argument: unknown): Promise<unknown> =>
    browser.page.evaluate(`desk.${script.replace('ARG', JSON.stringify(argument))}`);
  endpoint.setReceivable(await desk('load(ARG)', media.capabilities()));
  await desk(`speak(ARG, ${toneHz})`, await endpoint.openTransport('send'));
  await desk('openReceive(ARG)', await endpoint.openTransport('receive'));
  return browser;
}
async function takeCall(endpoint: BrowserEndpoint, browser: DeskBrowser, leg: MediaLeg) {
  const attached = await endpoint.attach(leg);
  await browser.page.evaluate(`desk.consume(${JSON.stringify(attached.offer)})`);
  await attached.consuming(attached.offer.consumerId);
  return attached;
}

describe('a desk in Chromium', () => {
  it('hears the caller and is heard, over DTLS-SRTP, and again after the media worker died in mid-call', async () => {
    const { leg, peer } = await caller();
    const desk = await call.openLeg('agent', { address: '127.0.0.1' });
    call.bridge(leg, desk);
    peer.speak(leg.port, 440);
    const bothHear = async (browser: DeskBrowser, deskHz: number): Promise<void> => {
      peer.heard.length = 0;
      await vi.waitFor(async () => {
        expect(share(peer.samples().slice(-8000), deskHz)).toBeGreaterThan(0.8);
        expect(Math.abs(Number(await browser.page.evaluate('desk.hears()')) - 440)).toBeLessThan(15);
      }, wait);
      expect(new Set(peer.heard.map((packet) => packet.ssrc))).toEqual(new Set([leg.ssrc]));
    };

    const endpoint = media.openEndpoint();
    const browser = await joinDesk(endpoint, 1000);
    try {
      expect(endpoint.ready).toBe(true);
      const told = vi.spyOn(desk, 'hearBehind');
      await takeCall(endpoint, browser, desk);
      await bothHear(browser, 1000);
      // How the browser itself hears the caller: its own reports, by way of the media server.
      await vi.waitFor(() => expect(told).toHaveBeenCalled(), wait);
      expect(told.mock.lastCall?.[0].roundTripMs).toBeGreaterThan(0);
      const { roundTripMs, lostByRemote, mosByRemote } = await desk.quality();
      expect(roundTripMs).toBeGreaterThanOrEqual(told.mock.lastCall?.[0].roundTripMs ?? 0);
      expect(lostByRemote).toBe(told.mock.lastCall?.[0].lost);
      expect(mosByRemote).toBeGreaterThan(1);
    } finally {
      await browser.close();
    }

    const died = new Promise<void>((resolve) => media.onWorkerDied(resolve));
    process.kill(media.workerPid, 'SIGKILL');
    await died;
    expect(endpoint.ready).toBe(false);
    expect(faults.map((fault) => fault.code)).toEqual(['BROWSER_MEDIA_DIED']);
    const again = media.openEndpoint();
    await again.openTransport('receive');
    const second = await joinDesk(again, 850);
    try {
      await takeCall(again, second, desk);
      await bothHear(second, 850);
    } finally {
      again.close();
      await second.close();
    }
  }, 60_000);
});

describe('what a desk sends', () => {
  const fingerprints = [{ algorithm: 'sha-256', value: new Array(32).fill('AB').join(':') }];
  const microphone = {
    mid: '0',
    codecs: [{ mimeType: 'audio/PCMA', payloadType: 8, clockRate: 8000 }],
    encodings: [{ ssrc: 4321 }],
    rtcp: { cname: 'desk' },
  };

  it.each([
    ['nothing', undefined],
    ['no fingerprint', { role: 'client', fingerprints: [] }],
    ['a fingerprint that is no hex', { fingerprints: [{ algorithm: 'sha-256', value: 'zz'.repeat(32) }] }],
    ['a short fingerprint', { fingerprints: [{ algorithm: 'sha-256', value: 'AB:CD' }] }],
    ['an unknown hash', { fingerprints: [{ algorithm: 'md5', value: 'AB' }] }],
    ['a role of its own', { role: 'boss', fingerprints }],
  ])('is refused when the DTLS parameters are %s, and the worker lives', async (_, dtlsParameters) => {
    const endpoint = media.openEndpoint();
    const { id } = await endpoint.openTransport('send');
    await expect(endpoint.connect(id, dtlsParameters)).rejects.toMatchObject({ code: 'BROWSER_MEDIA_REFUSED' });
    await expect(endpoint.connect('another', { fingerprints })).rejects.toMatchObject({ code: 'BROWSER_MEDIA_REFUSED' });
    await endpoint.connect(id, { role: 'client', fingerprints });
    endpoint.close();
  });

  it.each([
    ['null', null],
    ['a text', 'audio'],
    ['no codec', { ...microphone, codecs: [] }],
    ['another codec only', { ...microphone, codecs: [{ mimeType: 'audio/opus', payloadType: 111, clockRate: 48_000 }] }],
    ['a payload type of 900', { ...microphone, codecs: [{ ...microphone.codecs[0], payloadType: 900 }] }],
    ['an SSRC out of range', { ...microphone, encodings: [{ ssrc: 2 ** 40 }] }],
    ['no SSRC', { ...microphone, encodings: [{}] }],
    ['simulcast', { ...microphone, encodings: [{ ssrc: 1 }, { ssrc: 2 }] }],
    ['an extension numbered 0', { ...microphone, headerExtensions: [{ uri: 'urn:ietf:params:rtp-hdrext:sdes:mid', id: 0 }] }],
    ['a mid without end', { ...microphone, mid: 'm'.repeat(5000) }],
  ])('is refused when the microphone is %s, and the worker lives', async (_, rtpParameters) => {
    const endpoint = media.openEndpoint();
    const { id } = await endpoint.openTransport('send');
    await expect(endpoint.produce(id, rtpParameters)).rejects.toMatchObject({ code: 'BROWSER_MEDIA_REFUSED' });
    await expect(endpoint.produce(id, microphone)).resolves.toHaveProperty('producerId');
    endpoint.close();
  });

  it('is refused when it cannot play PCMA, and a desk without microphone is not ready for a call', async () => {
    const endpoint = media.openEndpoint();
    expect(() =>
      endpoint.setReceivable({ codecs: [{ kind: 'audio', mimeType: 'audio/opus', clockRate: 48_000, preferredPayloadType: 111 }] }),
    ).toThrow(/does not play PCMA/);
    const { leg } = await caller();
    await expect(endpoint.attach(leg)).rejects.toMatchObject({ code: 'BROWSER_MEDIA_NOT_READY' });
    expect(endpoint.ready).toBe(false);
    endpoint.close();
  });
});

describe('the media worker', () => {
  it('carries a leg of the edge over plain RTP, header extension and all', async () => {
    const worker = await MediaWorker.start({ address: '127.0.0.1', port: 0 });
    try {
      const { leg, peer } = await caller();
      const [into, outOf] = [await call.openLeg('agent'), await call.openLeg('agent')];
      call.bridge(leg, into);
      const [first, second] = [await worker.openPlainTransport(into), await worker.openPlainTransport(outOf)];
      const remote = { codec: 'PCMA', payloadType: 8, dtmfPayloadType: null, held: false, direction: 'sendrecv', local: true } as const;
      into.setRemote({ ...remote, address: first.tuple.localAddress, port: first.tuple.localPort });
      outOf.setRemote({ ...remote, address: second.tuple.localAddress, port: second.tuple.localPort });
      await worker.consumeMicrophone(second, await worker.produceEdge(first, into.ssrc));
      peer.speak(leg.port, 440);
      await vi.waitFor(async () => expect((await outOf.quality()).packets).toBeGreaterThan(30), wait);
      expect(await outOf.quality()).toMatchObject({ lost: 0, duplicates: 0 });
      expect((await edge.counters()).malformed).toBe(0);
    } finally {
      worker.close();
    }
  });

  it('that is not there is an error that says what to check', async () => {
    const options = { address: '127.0.0.1', port: 0, workerBin: '/nowhere/mediasoup-worker', clock: systemClock, onFault() {} };
    await expect(BrowserMedia.start(options)).rejects.toMatchObject({ code: 'BROWSER_MEDIA_FAILED' });
  });
});
