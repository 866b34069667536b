/**
 * The audio of one desk: its transports, its microphone, and the consumers it builds for calls. A desk reaches only transports it opened
 * itself. Parameters that browser and media layer exchange pass through unread.
 */
import type { ConsumeOffer, DeskRequest } from '@keepline/contracts/agent-protocol';
import type { Clock } from '@keepline/contracts/clock';
import type { CallId } from '@keepline/contracts/ids';
import { AgentMediaLost, AgentMediaNotReady, DeskMediaRefused } from './errors.ts';

/** How long the browser may take to build the consumer of a call. */
export const CONSUMING_WITHIN_MS = 5000;

export interface AttachedAudio {
  readonly offer: Omit<ConsumeOffer, 'callId'>;
  consuming(consumerId: string): Promise<void>;
  detach(): void;
}
export interface BrowserEndpoint<MediaLeg> {
  openTransport(direction: 'send' | 'receive'): Promise<{ readonly id: string }>;
  connect(transportId: string, dtlsParameters: unknown): Promise<void>;
  produce(transportId: string, rtpParameters: unknown): Promise<{ readonly producerId: string }>;
  setReceivable(rtpCapabilities: unknown): void;
  readonly ready: boolean;
  attach(leg: MediaLeg): Promise<AttachedAudio>;
  close(): void;
}
export interface BrowserMedia<MediaLeg> {
  capabilities(): unknown;
  openEndpoint(): BrowserEndpoint<MediaLeg>;
  onWorkerDied(listener: () => void): () => void;
}

export type MediaRequest = Extract<DeskRequest, { ask: `media.${string}` }>;

interface Pending {
  readonly attached: AttachedAudio;
  readonly built: () => void;
  readonly failed: (why: string) => void;
}
export interface DeskMediaOptions<MediaLeg> {
  readonly agentId: string;
  readonly media: BrowserMedia<MediaLeg>;
  readonly clock: Clock;
  readonly pushConsume: (offer: ConsumeOffer) => void;
  /** Called each time audio becomes possible: after the page has loaded, and again after the media worker died. */
  readonly onReady: () => void;
}

export class DeskMedia<MediaLeg> {
  readonly #o: DeskMediaOptions<MediaLeg>;
  readonly #transports = new Map<string, 'send' | 'receive'>();
  /** Directions asked for, so that two requests side by side do not open two. */
  readonly #opened = new Set<'send' | 'receive'>();
  readonly #pending = new Map<string, Pending>();
  #endpoint: BrowserEndpoint<MediaLeg> | undefined;
  #hasMicrophone = false;
  #wasReady = false;
  #isClosed = false;

  constructor(o: DeskMediaOptions<MediaLeg>) {
    this.#o = o;
  }

  get ready(): boolean {
    return this.#endpoint?.ready ?? false;
  }

  /** @throws DeskMediaRefused, and what the media layer refuses */
  async serve(request: MediaRequest): Promise<unknown> {
    const result = await this.#carryOut(request);
    if (this.ready && !this.#wasReady) {
      this.#wasReady = true;
      this.#o.onReady();
    }
    return result;
  }

  /**
   * Builds the audio path between a call and this desk; resolves when the browser plays it.
   * @throws AgentMediaNotReady, AgentMediaLost when the browser does not answer within 5 s or goes away
   */
  async attach(callId: CallId, leg: MediaLeg): Promise<{ detach(): void }> {
    const endpoint = this.#endpoint;
    if (!endpoint?.ready) throw new AgentMediaNotReady(this.#o.agentId);
    const attached = await endpoint.attach(leg);
    const { consumerId } = attached.offer;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const failed = (why: string): void => reject(new AgentMediaLost(this.#o.agentId, why));
    const disarm = this.#o.clock.after(CONSUMING_WITHIN_MS, () => failed('the browser did not answer in time'));
    this.#pending.set(consumerId, { attached, built: resolve, failed });
    try {
      if (endpoint !== this.#endpoint) failed('the desk went away'); // while `attach` was under way
      this.#o.pushConsume({ ...attached.offer, callId });
      await promise;
    } catch (fault) {
      attached.detach();
      throw fault;
    } finally {
      disarm();
      this.#pending.delete(consumerId);
    }
    return { detach: () => attached.detach() };
  }

  /** Forgets all audio; the next request opens a new endpoint. */
  reset(): void {
    const endpoint = this.#endpoint;
    this.#endpoint = undefined;
    this.#transports.clear();
    this.#opened.clear();
    this.#hasMicrophone = false;
    this.#wasReady = false;
    for (const pending of this.#pending.values()) pending.failed('the desk went away');
    endpoint?.close();
  }

  close(): void {
    this.#isClosed = true;
    this.reset();
  }

  async #carryOut(request: MediaRequest): Promise<unknown> {
    if (this.#isClosed) throw new DeskMediaRefused('the desk is closed');
    switch (request.ask) {
      case 'media.capabilities':
        if (this.#opened.size > 0) this.reset(); // a page builds from here on: after a refused microphone it begins again
        return this.#o.media.capabilities();
      case 'media.transport':
        return await this.#openTransport(request.direction);
      case 'media.connect':
        this.#own(request.transportId);
        await this.#open().connect(request.transportId, request.dtlsParameters);
        return undefined;
      case 'media.produce':
        return await this.#openMicrophone(request.transportId, request.rtpParameters);
      case 'media.receivable':
        this.#open().setReceivable(request.rtpCapabilities);
        return undefined;
      case 'media.consuming':
        return await this.#consuming(request.consumerId);
      default:
        return request satisfies never;
    }
  }

  async #openTransport(direction: 'send' | 'receive'): Promise<unknown> {
    if (this.#opened.has(direction)) throw new DeskMediaRefused(`this desk has a transport to ${direction} already`);
    this.#opened.add(direction);
    const endpoint = this.#open();
    try {
      const transport = await endpoint.openTransport(direction);
      if (endpoint !== this.#endpoint) throw new DeskMediaRefused('the audio of this desk was built anew meanwhile');
      this.#transports.set(transport.id, direction);
      return transport;
    } catch (fault) {
      if (endpoint === this.#endpoint) this.#opened.delete(direction);
      throw fault;
    }
  }

  async #openMicrophone(transportId: string, rtpParameters: unknown): Promise<unknown> {
    if (this.#own(transportId) !== 'send') throw new DeskMediaRefused('a microphone needs the transport to send');
    if (this.#hasMicrophone) throw new DeskMediaRefused('this desk has a microphone already');
    this.#hasMicrophone = true;
    const endpoint = this.#open();
    try {
      return await endpoint.produce(transportId, rtpParameters);
    } catch (fault) {
      if (endpoint === this.#endpoint) this.#hasMicrophone = false;
      throw fault;
    }
  }

  async #consuming(consumerId: string): Promise<undefined> {
    const pending = this.#pending.get(consumerId);
    if (!pending) throw new DeskMediaRefused('no call waits for this consumer');
    await pending.attached.consuming(consumerId);
    pending.built();
    return undefined;
  }

  /** The same answer for a transport of somebody else as for one that never was. */
  #own(transportId: string): 'send' | 'receive' {
    const direction = this.#transports.get(transportId);
    if (!direction) throw new DeskMediaRefused('this desk has no such transport');
    return direction;
  }

  #open(): BrowserEndpoint<MediaLeg> {
    this.#endpoint ??= this.#o.media.openEndpoint();
    return this.#endpoint;
  }
}
