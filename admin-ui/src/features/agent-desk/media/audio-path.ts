/**
 * Sound between this browser and the gateway's mediasoup router: one transport with the microphone, one that brings the caller.
 * G.711 A-law end to end (PCMA, RFC 3551 §4.5.14), so the gateway never transcodes. A path is built once and closed once; what breaks is
 * replaced by a new path.
 */
import { Device } from 'mediasoup-client';
import type {
  Consumer,
  DtlsParameters,
  Producer,
  RtpCapabilities,
  RtpCodecCapability,
  RtpParameters,
  Transport,
  TransportOptions,
} from 'mediasoup-client/types';
import type { ConsumeOffer } from '@keepline/contracts/agent-protocol';
import type { KeeplineError } from '@keepline/contracts/errors';
import { isRecord } from '../../../server/http-client.ts';
import { GatewayReplyInvalid } from '../../../server/errors.ts';
import type { Asked } from '../../../server/live-socket.ts';
import { BrowserUnsupported, CodecMissing, SoundPathBroken } from './errors.ts';
import { type Microphone, openMicrophone } from './microphone.ts';
import type { Speaker } from './speaker.ts';

export interface AudioPathNeeds {
  readonly speaker: Speaker;
  /** See `openMicrophone`. */
  readonly plain: boolean;
  ask(request: Asked): Promise<unknown>;
  broke(error: KeeplineError): void;
}

export interface AudioPath {
  /** @throws KeeplineError with what the agent can do about it */
  build(): Promise<void>;
  /**
   * Makes a path that failed or broke work again, as far as it can alone.
   * @returns false when only a new connection helps: the gateway gives each connection its transports once
   * @throws KeeplineError as `build`
   */
  repair(): Promise<boolean>;
  consume(offer: ConsumeOffer): Promise<void>;
  stopConsuming(): void;
  openMicrophone(isOpen: boolean): void;
  /** To be called from a click or key press: browsers play sound only for someone who has touched the page. */
  allowPlayback(): void;
  close(): void;
}

const CODEC = 'audio/PCMA';

export class BrowserAudioPath implements AudioPath {
  readonly #needs: AudioPathNeeds;
  #microphone: Microphone | null = null;
  #microphoneOpen = false;
  #producer: Producer | null = null;
  #sending: Transport | null = null;
  #receiving: Transport | null = null;
  #consumer: Consumer | null = null;
  #hasAskedGateway = false;
  #isBroken = false;
  #closed = false;

  constructor(needs: AudioPathNeeds) {
    this.#needs = needs;
  }

  async build(): Promise<void> {
    // The microphone first: its permission prompt is what people wait for, and without it there is no use in the rest.
    const track = await this.#takeMicrophone();
    if (this.#closed) return;
    const device = await makeDevice();
    this.#hasAskedGateway = true;
    await device.load({ routerRtpCapabilities: (await this.#needs.ask({ ask: 'media.capabilities' })) as RtpCapabilities });
    const codec = pcmaOf(device.sendRtpCapabilities);

    const toSend = await this.#askTransport('send');
    if (this.#closed) return;
    this.#sending = this.#connect(device.createSendTransport(toSend));
    this.#producer = await this.#sending.produce({ track, codec, stopTracks: false, disableTrackOnPause: false });

    if (this.#closed) return;
    const toReceive = await this.#askTransport('receive');
    if (this.#closed) return;
    this.#receiving = this.#connect(device.createRecvTransport(toReceive));
    await this.#needs.ask({ ask: 'media.receivable', rtpCapabilities: device.recvRtpCapabilities });
  }

  async repair(): Promise<boolean> {
    if (!this.#hasAskedGateway) {
      await this.build();
      return true;
    }
    if (!this.#producer || !this.#receiving || this.#isBroken) return false;
    await this.#producer.replaceTrack({ track: await this.#takeMicrophone() });
    return true;
  }

  async consume(offer: ConsumeOffer): Promise<void> {
    if (!this.#receiving) throw new SoundPathBroken('receive');
    this.stopConsuming();
    const consumer = await this.#receiving.consume({
      id: offer.consumerId,
      producerId: offer.producerId,
      kind: offer.kind,
      rtpParameters: offer.rtpParameters as RtpParameters,
    });
    if (this.#closed) return consumer.close();
    this.#consumer = consumer;
    this.#needs.speaker.play(consumer.track);
    await this.#needs.ask({ ask: 'media.consuming', consumerId: consumer.id });
  }

  stopConsuming(): void {
    if (!this.#consumer) return;
    this.#consumer.close();
    this.#consumer = null;
    this.#needs.speaker.silence();
  }

  openMicrophone(isOpen: boolean): void {
    this.#microphoneOpen = isOpen;
    this.#microphone?.open(isOpen);
  }

  allowPlayback(): void {
    this.#needs.speaker.unlock();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.stopConsuming();
    this.#sending?.close();
    this.#receiving?.close();
    this.#microphone?.close();
  }

  async #takeMicrophone(): Promise<MediaStreamTrack> {
    const microphone = await openMicrophone(this.#needs.plain, (error) => this.#breakWith(error));
    this.#microphone?.close();
    this.#microphone = microphone;
    if (this.#closed) microphone.close();
    microphone.open(this.#microphoneOpen);
    return microphone.track;
  }

  #connect(transport: Transport): Transport {
    transport.on('connect', ({ dtlsParameters }: { dtlsParameters: DtlsParameters }, accept, refuse) => {
      this.#needs.ask({ ask: 'media.connect', transportId: transport.id, dtlsParameters }).then(() => accept(), refuse);
    });
    transport.on('produce', ({ rtpParameters }, accept, refuse) => {
      this.#needs
        .ask({ ask: 'media.produce', transportId: transport.id, rtpParameters })
        .then((result) => accept({ id: producerIdOf(result) }))
        .catch(refuse);
    });
    transport.on('connectionstatechange', (state) => {
      if (state !== 'failed') return;
      this.#isBroken = true;
      this.#breakWith(new SoundPathBroken(transport.direction === 'send' ? 'send' : 'receive'));
    });
    return transport;
  }

  async #askTransport(direction: 'send' | 'receive'): Promise<TransportOptions> {
    return (await this.#needs.ask({ ask: 'media.transport', direction })) as TransportOptions;
  }

  #breakWith(error: KeeplineError): void {
    if (!this.#closed) this.#needs.broke(error);
  }
}

async function makeDevice(): Promise<Device> {
  try {
    return await Device.factory();
  } catch (cause) {
    throw new BrowserUnsupported(cause);
  }
}

function pcmaOf(capabilities: RtpCapabilities): RtpCodecCapability {
  const codec = capabilities.codecs?.find(({ mimeType }) => mimeType.toLowerCase() === CODEC.toLowerCase());
  if (!codec) throw new CodecMissing(CODEC);
  return codec;
}

function producerIdOf(result: unknown): string {
  if (isRecord(result) && typeof result.producerId === 'string') return result.producerId;
  throw new GatewayReplyInvalid('media.produce', 0);
}
