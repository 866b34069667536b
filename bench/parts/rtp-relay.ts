/**
 * A relay of many calls in a process of its own, `edge` (ours, one thread, both voices of every call given to a recorder that only counts them)
 * or `bare` (a socket for each leg, what comes in goes out at the other). Tells its ports, is told the far ends', tells its CPU time.
 */
import { createSocket, type Socket } from 'node:dgram';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import { tempDir } from '@keepline/testkit/temp-dir';
import { MediaEdge, type MediaLeg } from '../../gateway/src/media/edge.ts';
import type { RecordingMessage } from '../../gateway/src/media/recording-timeline.ts';

export type RelayCommand = { readonly farEnds: readonly number[] } | 'used';
export type RelayReply = { readonly ports: readonly number[] } | 'ready' | RelayUsed;
export interface RelayUsed {
  /** User and system time of all threads since the process began, seconds. */
  readonly cpuSeconds: number;
  /** Length of all recordings so far, seconds. */
  readonly recordedSeconds: number;
}

/** Legs 2n and 2n + 1 belong together. */
interface Relay {
  readonly ports: readonly number[];
  join(farEnds: readonly number[]): void;
}

const SAMPLES_PER_SECOND = 8000;
const RTP_PORT_MIN = 42_000;
let recordedSamples = 0;

/** `edge-connected` has its sockets connected to their far ends, as only far ends on this machine may be. */
export type RelayKind = 'edge' | 'edge-connected' | 'bare';

async function edgeRelay(calls: number, isConnected: boolean): Promise<Relay> {
  const prompts = tempDir();
  mkdirSync(join(prompts.path, 'zh'));
  const edge = await MediaEdge.start({
    address: '127.0.0.1',
    rtpPortMin: RTP_PORT_MIN,
    rtpPortMax: RTP_PORT_MIN + calls * 4 + 199,
    workers: 1,
    rtpTimeoutMs: 60_000,
    reorderMs: 60,
    promptDir: prompts.path,
    language: 'zh',
    onFault: (fault) => {
      throw fault;
    },
  });
  prompts.remove();
  const legs: MediaLeg[] = [];
  const media = Array.from({ length: calls }, (_, n) => edge.openCall(`call-${n}`));
  for (const call of media) legs.push(await call.openLeg('caller'), await call.openLeg('agent'));
  return {
    ports: legs.map(({ port }) => port),
    join: (farEnds) => {
      media.forEach((call, n) => {
        const [left, right] = [legs[2 * n], legs[2 * n + 1]];
        const [leftPort, rightPort] = [farEnds[2 * n], farEnds[2 * n + 1]];
        if (!left || !right || leftPort === undefined || rightPort === undefined) throw new Error(`call ${n} has no two legs`);
        left.setRemote(remote(leftPort, isConnected));
        right.setRemote(remote(rightPort, isConnected));
        call.bridge(left, right);
        const { port1, port2 } = new MessageChannel();
        port2.on('message', (message: RecordingMessage) => {
          if (message.kind === 'audio') recordedSamples += message.alaw.length / 2;
        });
        call.startRecording(left, right, port1);
      });
    },
  };
}

function remote(port: number, local: boolean): Parameters<MediaLeg['setRemote']>[0] {
  return { address: '127.0.0.1', port, codec: 'PCMA', payloadType: 8, dtmfPayloadType: 101, held: false, direction: 'sendrecv', local };
}

async function bareRelay(calls: number): Promise<Relay> {
  const sockets: Socket[] = [];
  for (let n = 0; n < calls * 2; n++) {
    const socket = createSocket({ type: 'udp4', lookup: (host, _options, found) => found(null, host, 4) });
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    sockets.push(socket);
  }
  return {
    ports: sockets.map((socket) => socket.address().port),
    join: (farEnds) => {
      sockets.forEach((socket, n) => {
        const other = sockets[n ^ 1];
        const to = farEnds[n ^ 1];
        socket.on('message', (packet) => other?.send(packet, 0, packet.length, to, '127.0.0.1'));
      });
    },
  };
}

const [kind, calls] = process.argv.slice(2);
const relay = kind === 'bare' ? await bareRelay(Number(calls)) : await edgeRelay(Number(calls), kind === 'edge-connected');
const say = (reply: RelayReply): unknown => process.send?.(reply);
process.on('message', (command: RelayCommand) => {
  if (command === 'used') {
    const { user, system } = process.cpuUsage();
    say({ cpuSeconds: (user + system) / 1e6, recordedSeconds: recordedSamples / SAMPLES_PER_SECOND });
  } else {
    relay.join(command.farEnds);
    say('ready');
  }
});
process.on('disconnect', () => process.exit(0));
say({ ports: relay.ports });
