/**
 * One desk's transports, microphone and voice paths in the mediasoup worker it was opened on. A voice path is
 * desk ⇄ WebRtcTransport ⇄ router ⇄ PlainTransport on loopback ⇄ leg of the RTP edge.
 */
import type { Clock } from '@keepline/contracts/clock';
import { KeeplineError, messageOf } from '@keepline/contracts/errors';
import type { Consumer, Producer, WebRtcTransport } from 'mediasoup/types';
import type { Attached, BrowserEndpoint, TransportOffer } from './desk-audio.ts';
import { readDtlsParameters, readMicrophone, readReceivable } from './desk-parameters.ts';
import type { MediaLeg } from './call-media.ts';
import { BrowserMediaFailed, BrowserMediaNotReady, BrowserMediaRefused } from './errors.ts';
import { SAMPLES_PER_MS } from './source-continuity.ts';
import { type MediaWorker, PCMA_PAYLOAD_TYPE } from './media-worker.ts';

type Direction = 'send' | 'receive';
/** How often the media server is asked how the browser hears us: as often as a leg is judged, and just before that at the latest. */
const ASK_BROWSER_MS = 5000;
const MID_URI = 'urn:ietf:params:rtp-hdrext:sdes:mid';

export class DeskEndpoint implements BrowserEndpoint {
  readonly #worker: Promise<MediaWorker>;
  readonly #clock: Clock;
  readonly #transports = new Map<Direction, WebRtcTransport>();
  readonly #attached = new Set<() => void>();
  #mic: Producer | undefined;
  #playsAs: number | undefined;
  #closed = false;

  constructor(worker: Promise<MediaWorker>, clock: Clock) {
    this.#worker = worker;
    this.#clock = clock;
  }

  get ready(): boolean {
    return this.#mic !== undefined && !this.#mic.closed && this.#playsAs !== undefined && this.#transports.has('receive');
  }

  async openTransport(direction: Direction): Promise<TransportOffer> {
    const transport = await attempt('open a WebRTC transport', async () => (await this.#worker).openWebRtcTransport());
    if (this.#closed) {
      transport.close();
      throw new BrowserMediaRefused('transport', 'the desk is gone');
    }
    this.#transports.get(direction)?.close();
    this.#transports.set(direction, transport);
    const { id, iceParameters, iceCandidates, dtlsParameters } = transport;
    return { id, iceParameters, iceCandidates, dtlsParameters };
  }

  async connect(transportId: string, dtlsParameters: unknown): Promise<void> {
    const transport = [...this.#transports.values()].find(({ id }) => id === transportId);
    if (!transport) throw new BrowserMediaRefused('transportId', 'it is not a transport of this desk');
    const checked = readDtlsParameters(dtlsParameters);
    await fromDesk('dtlsParameters', () => transport.connect({ dtlsParameters: checked }));
  }

  async produce(transportId: string, rtpParameters: unknown): Promise<{ readonly producerId: string }> {
    const transport = this.#transports.get('send');
    if (transport?.id !== transportId) throw new BrowserMediaRefused('transportId', 'it is not the send transport of this desk');
    const { mid, payloadType, ssrc, cname, midExtension } = readMicrophone(rtpParameters);
    const mic = await fromDesk('rtpParameters', () =>
      transport.produce({
        kind: 'audio',
        paused: this.#attached.size === 0,
        rtpParameters: {
          codecs: [{ mimeType: 'audio/PCMA', clockRate: 8000, channels: 1, payloadType }],
          headerExtensions: midExtension === undefined ? [] : [{ uri: MID_URI, id: midExtension }],
          encodings: [{ ssrc }],
          rtcp: cname === undefined ? {} : { cname },
          ...(mid === undefined ? {} : { mid }),
        },
      }),
    );
    this.#mic?.close();
    this.#mic = mic;
    return { producerId: mic.id };
  }

  setReceivable(rtpCapabilities: unknown): void {
    this.#playsAs = readReceivable(rtpCapabilities).payloadType;
  }

  async attach(leg: MediaLeg): Promise<Attached> {
    const receive = this.#transports.get('receive');
    const [mic, playsAs] = [this.#mic, this.#playsAs];
    if (!mic || mic.closed) throw new BrowserMediaNotReady('microphone');
    if (!receive || playsAs === undefined) throw new BrowserMediaNotReady('loudspeaker');
    return attempt('join a desk with a call', async () => {
      const worker = await this.#worker;
      const plain = await worker.openPlainTransport(leg);
      try {
        const caller = await worker.produceEdge(plain, leg.ssrc);
        const micToEdge = await worker.consumeMicrophone(plain, mic);
        const consumer = await receive.consume({ producerId: caller.id, rtpCapabilities: playsPcma(playsAs), paused: true });
        const stopAsking = this.#clock.every(ASK_BROWSER_MS, () => void tellHowBrowserHears(consumer, leg));
        const detach = (): void => {
          if (!this.#attached.delete(detach)) return;
          stopAsking();
          plain.close(); // closes producer and consumers on both sides (mediasoup's own teardown)
          if (this.#attached.size === 0 && !mic.closed) mic.pause().catch(() => {}); // the worker died: nothing left to pause
        };
        this.#attached.add(detach);
        const payloadType = micToEdge.rtpParameters.codecs[0]?.payloadType ?? PCMA_PAYLOAD_TYPE;
        leg.setRemote({
          address: plain.tuple.localAddress,
          port: plain.tuple.localPort,
          codec: 'PCMA',
          payloadType,
          dtmfPayloadType: null,
          held: false,
          direction: 'sendrecv',
          local: true,
        });
        await mic.resume();
        const { id: consumerId, rtpParameters } = consumer;
        return {
          offer: { consumerId, producerId: caller.id, kind: 'audio', rtpParameters },
          async consuming(id) {
            if (id !== consumerId) throw new BrowserMediaRefused('consumerId', 'it is not the consumer that was offered');
            await attempt('start the voice of the caller', () => consumer.resume());
          },
          detach,
        };
      } catch (cause) {
        plain.close();
        throw cause;
      }
    });
  }

  close(): void {
    this.#closed = true;
    for (const detach of [...this.#attached]) detach();
    for (const transport of this.#transports.values()) transport.close();
    this.#transports.clear();
    this.#mic = undefined;
  }
}

/** From the reports of the browser itself: the way between it and the media server is the one that can be bad. */
async function tellHowBrowserHears(consumer: Consumer, leg: MediaLeg): Promise<void> {
  try {
    const sent = (await consumer.getStats()).find(({ type }) => type === 'outbound-rtp');
    if (sent?.roundTripTime === undefined) return; // it has not reported yet
    const { roundTripTime: roundTripMs, packetsLost: lost, jitter } = sent;
    leg.hearBehind({ roundTripMs, lost, jitterMs: jitter / SAMPLES_PER_MS });
  } catch {
    // the desk or the worker went away; whoever has to know is told by those
  }
}

/** A browser that plays PCMA under this number, without the feedback and extensions a telephone voice has no use for. */
function playsPcma(payloadType: number) {
  const codecs = [{ kind: 'audio', mimeType: 'audio/PCMA', clockRate: 8000, channels: 1, preferredPayloadType: payloadType }] as const;
  return { codecs: [...codecs], headerExtensions: [{ kind: 'audio', uri: MID_URI, preferredId: 1 } as const] };
}

async function attempt<T>(what: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    throw cause instanceof KeeplineError ? cause : new BrowserMediaFailed(what, cause);
  }
}

async function fromDesk<T>(what: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    throw new BrowserMediaRefused(what, messageOf(cause));
  }
}
