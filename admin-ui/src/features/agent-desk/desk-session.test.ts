/** The session against a real WebSocket server, with a sound path that only writes down what is asked of it. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { systemClock } from '@keepline/contracts/clock';
import type { DeskPush, DeskRequest, DeskView } from '@keepline/contracts/agent-protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type WebSocket as Peer, WebSocketServer } from 'ws';
import { firstView, ringingCall } from '../../../test/views.ts';
import { type AudioPathEvents, DeskSession } from './desk-session.ts';
import type { AudioPath } from './media/audio-path.ts';
import { microphoneUnavailable, MicrophoneLost } from './media/errors.ts';

class WrittenPath implements AudioPath {
  isOpen = false;
  isClosed = false;
  consumed: string[] = [];
  canRepairItself = true;
  readonly events: AudioPathEvents;
  readonly #fault: Error | undefined;
  constructor(events: AudioPathEvents, fault: Error | undefined) {
    this.events = events;
    this.#fault = fault;
  }
  async build(): Promise<void> {
    if (this.#fault) throw this.#fault;
  }
  async repair(): Promise<boolean> {
    return this.canRepairItself;
  }
  async consume(offer: { consumerId: string }): Promise<void> {
    this.consumed.push(offer.consumerId);
  }
  stopConsuming(): void {
    this.consumed = [];
  }
  openMicrophone(isOpen: boolean): void {
    this.isOpen = isOpen;
  }
  allowPlayback(): void {}
  close(): void {
    this.isClosed = true;
  }
}

let server: WebSocketServer;
let peers: Peer[];
let asked: DeskRequest[];
let paths: WrittenPath[];
let nextFault: Error | undefined;
let rings: boolean[];
let session: DeskSession;

beforeEach(async () => {
  [peers, asked, paths, rings, nextFault] = [[], [], [], [], undefined];
  server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  server.on('connection', (peer) => {
    peers.push(peer);
    peer.on('message', (data: Buffer) => {
      const request = JSON.parse(data.toString('utf8')) as DeskRequest;
      asked.push(request);
      peer.send(JSON.stringify({ re: request.id, ok: true }));
    });
    show(null);
  });
  session = new DeskSession({
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    clock: systemClock,
    random: () => 0,
    ringTone: { set: (isRinging) => void (rings.at(-1) !== isRinging && rings.push(isRinging)) },
    makeAudioPath: (events) => {
      const path = new WrittenPath(events, nextFault);
      paths.push(path);
      return path;
    },
    onRefused: () => {},
  });
  session.start();
  await vi.waitUntil(() => session.state.sound.at !== 'off' && session.state.view !== null, { timeout: 30_000, interval: 10 });
});
afterEach(() => {
  session.close();
  for (const peer of peers) peer.terminate();
  server.close();
});

const until = (met: () => void): Promise<void> => vi.waitFor(met, { timeout: 30_000, interval: 10 });
const push = (message: DeskPush): void => peers.at(-1)?.send(JSON.stringify(message));
const show = (call: Partial<DeskView['call']> | null): void =>
  push({ push: 'view', view: { ...firstView(), call: call && { ...ringingCall(), ...call } } });
const offer = {
  callId: ringingCall().callId,
  consumerId: 'consumer-1',
  producerId: 'producer-1',
  kind: 'audio',
  rtpParameters: {},
} as const;

describe('a working session', () => {
  it('shows the call first, then rings, and is silent at the press of answer', async () => {
    const order: string[] = [];
    session.subscribe(() => order.push(`${session.state.view?.call?.state ?? 'none'} ${rings.at(-1) ?? false}`));
    show({ state: 'ringing' });
    await until(() => expect(rings.at(-1)).toBe(true));
    expect(order[0]).toBe('ringing false');
    await session.ask({ ask: 'call.answer', callId: offer.callId });
    expect(rings).toEqual([false, true, false]); // and stays so until the view, which still says ringing, catches up
    expect(asked).toMatchObject([{ ask: 'call.answer', callId: offer.callId }]);
  });

  it('does not send what is not allowed now', async () => {
    await session.ask({ ask: 'call.hangup', callId: offer.callId });
    await session.ask({ ask: 'call.dispose', callId: offer.callId, disposition: '', note: '' });
    expect(asked).toEqual([]);
    expect(session.state.trouble).toBeNull();
  });

  it('opens the microphone for a connected call, and closes caller and microphone when it ends', async () => {
    push({ push: 'media.consume', offer });
    show({ state: 'connected' });
    await until(() => expect(paths[0]).toMatchObject({ isOpen: true, consumed: ['consumer-1'] }));
    show({ state: 'wrap_up' });
    await until(() => expect(paths[0]).toMatchObject({ isOpen: false, consumed: [] }));
  });

  it('builds the sound anew after media.rejoin and after a lost connection, and closes the old path', async () => {
    push({ push: 'media.rejoin' });
    await until(() => expect(paths).toHaveLength(2));
    peers.at(-1)?.terminate();
    await until(() => expect(paths).toHaveLength(3));
    expect(paths.map(({ isClosed }) => isClosed)).toEqual([true, true, false]);
    await until(() => expect(session.state.sound.at).toBe('ready'));
  });

  it('says why there is no sound and takes up a headset that is plugged in, on the same connection', async () => {
    nextFault = microphoneUnavailable('missing');
    push({ push: 'media.rejoin' });
    await until(() => expect(session.state.sound).toMatchObject({ at: 'failed', trouble: { code: 'DESK_MICROPHONE_MISSING' } }));
    session.devicesChanged();
    await until(() => expect(session.state.sound.at).toBe('ready'));
    expect(peers).toHaveLength(1);
  });

  it('repairs a path that broke by a new connection when the path cannot do it alone', async () => {
    await until(() => expect(session.state.sound.at).toBe('ready'));
    const [path] = paths;
    if (path) path.canRepairItself = false;
    path?.events.broke(new MicrophoneLost());
    expect(session.state.sound.at).toBe('failed');
    session.repairSound();
    await until(() => expect(peers).toHaveLength(2));
    await until(() => expect(session.state.sound.at).toBe('ready'));
    expect(paths).toHaveLength(2);
  });

  it('is over after close: no ring, no path, no connection', async () => {
    show({ state: 'ringing' });
    await until(() => expect(rings.at(-1)).toBe(true));
    const gone = once(peers[0] as Peer, 'close');
    session.close();
    await gone;
    expect(rings.at(-1)).toBe(false);
    expect(paths.every(({ isClosed }) => isClosed)).toBe(true);
  });
});
