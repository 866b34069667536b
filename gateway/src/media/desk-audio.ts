/**
 * The audio of one desk as the rest of the gateway uses it: transports, microphone, and joining it with a leg of the edge.
 * `desk-endpoint.ts` makes it from mediasoup's objects.
 */
import type { MediaLeg } from './call-media.ts';

export interface TransportOffer {
  readonly id: string;
  readonly iceParameters: unknown;
  readonly iceCandidates: unknown;
  readonly dtlsParameters: unknown;
}
/** What a desk needs to build the consumer of a caller's voice. */
export interface ConsumerOffer {
  readonly consumerId: string;
  readonly producerId: string;
  readonly kind: 'audio';
  readonly rtpParameters: unknown;
}
export interface Attached {
  readonly offer: ConsumerOffer;
  /** The desk has built its consumer: the caller's voice starts. Rejects with BrowserMediaRefused for another id. */
  consuming(consumerId: string): Promise<void>;
  /** Ends the voice path and pauses the microphone; again changes nothing. */
  detach(): void;
}

/** The media of one desk, for the life of its socket. What comes from the desk is checked; a refusal is BrowserMediaRefused. */
export interface BrowserEndpoint {
  /** Opening a direction again replaces the transport there was. */
  openTransport(direction: 'send' | 'receive'): Promise<TransportOffer>;
  connect(transportId: string, dtlsParameters: unknown): Promise<void>;
  /** The microphone; paused while no leg is attached. */
  produce(transportId: string, rtpParameters: unknown): Promise<{ readonly producerId: string }>;
  /** @throws BrowserMediaRefused */
  setReceivable(rtpCapabilities: unknown): void;
  /** Microphone there, and known what the desk can play. */
  readonly ready: boolean;
  /** Joins the desk with a leg of the edge, whose `setRemote` is called here. Rejects with BrowserMediaNotReady, BrowserMediaFailed. */
  attach(leg: MediaLeg): Promise<Attached>;
  close(): void;
}
