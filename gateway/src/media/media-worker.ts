/**
 * One mediasoup worker process with what the browser side needs of it: a WebRtcServer (one UDP and TCP port for all desks) and a router
 * that speaks PCMA and nothing else, as browsers all do (RFC 7874 §3), so that no sound is ever transcoded.
 */
import { createWorker } from 'mediasoup';
import type { Consumer, PlainTransport, Producer, Router, RtpCapabilities, WebRtcServer, WebRtcTransport, Worker } from 'mediasoup/types';
import { BrowserMediaFailed } from './errors.ts';

/** The static payload type of PCMA, RFC 3551 §6. */
export const PCMA_PAYLOAD_TYPE = 8;
const PCMA = { kind: 'audio', mimeType: 'audio/PCMA', clockRate: 8000, channels: 1 } as const;

export interface MediaWorkerOptions {
  /** IPv4 address browsers reach. */
  readonly address: string;
  readonly port: number;
  /** Path of the worker binary; without it mediasoup asks its own environment variable, then its own folder. */
  readonly workerBin?: string;
}

export class MediaWorker {
  readonly #worker: Worker;
  readonly #server: WebRtcServer;
  readonly #router: Router;

  private constructor(worker: Worker, server: WebRtcServer, router: Router) {
    this.#worker = worker;
    this.#server = server;
    this.#router = router;
  }

  /** @throws BrowserMediaFailed when the binary is missing or the port is taken */
  static async start(options: MediaWorkerOptions): Promise<MediaWorker> {
    let worker: Worker | undefined;
    try {
      worker = await createWorker({ logLevel: 'error', ...(options.workerBin === undefined ? {} : { workerBin: options.workerBin }) });
      const listenInfos = (['udp', 'tcp'] as const).map((protocol) => ({ protocol, ip: options.address, port: options.port }));
      const server = await worker.createWebRtcServer({ listenInfos });
      const router = await worker.createRouter({ mediaCodecs: [{ ...PCMA, preferredPayloadType: PCMA_PAYLOAD_TYPE }] });
      return new MediaWorker(worker, server, router);
    } catch (cause) {
      worker?.close();
      throw new BrowserMediaFailed(`listen on ${options.address}:${options.port}`, cause);
    }
  }

  get pid(): number {
    return this.#worker.pid;
  }
  get capabilities(): RtpCapabilities {
    return this.#router.rtpCapabilities;
  }

  /** Calls back once when the process ends by itself; `close` is not an end by itself. */
  onDied(listener: (cause: Error) => void): void {
    this.#worker.once('died', listener);
  }

  openWebRtcTransport(): Promise<WebRtcTransport> {
    return this.#router.createWebRtcTransport({ webRtcServer: this.#server, enableUdp: true, enableTcp: true, preferUdp: true });
  }

  /** The way between a desk and a leg of the RTP edge: plain RTP on the loopback address, to and from exactly one port. */
  async openPlainTransport(edge: { readonly address: string; readonly port: number }): Promise<PlainTransport> {
    const transport = await this.#router.createPlainTransport({ listenInfo: { protocol: 'udp', ip: '127.0.0.1' }, rtcpMux: true });
    await transport.connect({ ip: edge.address, port: edge.port });
    return transport;
  }

  /** What the edge sends, as a producer: PCMA on the one SSRC of the leg. */
  produceEdge(transport: PlainTransport, ssrc: number): Promise<Producer> {
    const { mimeType, clockRate, channels } = PCMA;
    const codecs = [{ mimeType, clockRate, channels, payloadType: PCMA_PAYLOAD_TYPE }];
    return transport.produce({ kind: 'audio', rtpParameters: { codecs, encodings: [{ ssrc }] } });
  }

  /** What the edge gets of a microphone. */
  consumeMicrophone(transport: PlainTransport, mic: Producer): Promise<Consumer> {
    return transport.consume({ producerId: mic.id, rtpCapabilities: this.#router.rtpCapabilities });
  }

  canConsume(producer: Producer, rtpCapabilities: RtpCapabilities): boolean {
    return this.#router.canConsume({ producerId: producer.id, rtpCapabilities });
  }

  close(): void {
    this.#worker.close();
  }
}
