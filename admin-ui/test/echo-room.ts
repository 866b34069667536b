/**
 * A mediasoup router with one desk in it, which hears itself: the desk's DTLS, SRTP, codec choice and playback are proven against the
 * real media worker without the rest of the gateway.
 */
import type { ConsumeOffer, DeskRequest } from '@keepline/contracts/agent-protocol';
import type { CallId } from '@keepline/contracts/ids';
import { createWorker } from 'mediasoup';
import type { Consumer, DtlsParameters, Producer, RtpCapabilities, RtpParameters, WebRtcTransport } from 'mediasoup/types';

export interface EchoRoom {
  serve(request: DeskRequest): Promise<unknown>;
  offer(callId: CallId): Promise<ConsumeOffer>;
  /** A new connection brings a new desk: what the one before opened is closed. */
  empty(): void;
  close(): void;
}

export async function openEchoRoom(): Promise<EchoRoom> {
  const worker = await createWorker({ logLevel: 'warn' });
  const router = await worker.createRouter({
    mediaCodecs: [
      { kind: 'audio', mimeType: 'audio/PCMA', clockRate: 8000, preferredPayloadType: 8 },
      { kind: 'audio', mimeType: 'audio/PCMU', clockRate: 8000, preferredPayloadType: 0 },
    ],
  });
  const transports = new Map<string, { readonly direction: string; readonly transport: WebRtcTransport }>();
  let producer: Producer | undefined;
  let consumer: Consumer | undefined;
  let receivable: RtpCapabilities | undefined;

  const own = (id: string): WebRtcTransport => {
    const found = transports.get(id);
    if (!found) throw new Error('no such transport');
    return found.transport;
  };
  return {
    async serve(request) {
      switch (request.ask) {
        case 'media.capabilities':
          return router.rtpCapabilities;
        case 'media.transport': {
          // As the gateway: each connection gets each transport once.
          if ([...transports.values()].some(({ direction }) => direction === request.direction)) throw new Error('has it already');
          const transport = await router.createWebRtcTransport({ listenInfos: [{ protocol: 'udp', ip: '127.0.0.1' }] });
          transports.set(transport.id, { direction: request.direction, transport });
          const { id, iceParameters, iceCandidates, dtlsParameters } = transport;
          return { id, iceParameters, iceCandidates, dtlsParameters };
        }
        case 'media.connect':
          return own(request.transportId).connect({ dtlsParameters: request.dtlsParameters as DtlsParameters });
        case 'media.produce':
          producer = await own(request.transportId).produce({ kind: 'audio', rtpParameters: request.rtpParameters as RtpParameters });
          return { producerId: producer.id };
        case 'media.receivable':
          receivable = request.rtpCapabilities as RtpCapabilities;
          return undefined;
        case 'media.consuming':
          return consumer?.resume();
        default:
          throw new Error(`not a media request: ${request.ask}`);
      }
    },
    async offer(callId) {
      const receiving = [...transports.values()].find(({ direction }) => direction === 'receive')?.transport;
      if (!receiving || !producer || !receivable) throw new Error('the desk is not there yet');
      consumer = await receiving.consume({ producerId: producer.id, rtpCapabilities: receivable, paused: true });
      return { callId, consumerId: consumer.id, producerId: producer.id, kind: 'audio', rtpParameters: consumer.rtpParameters };
    },
    empty() {
      for (const { transport } of transports.values()) transport.close();
      transports.clear();
      producer = consumer = receivable = undefined;
    },
    close: () => worker.close(),
  };
}
