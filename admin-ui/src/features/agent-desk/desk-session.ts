/**
 * The agent's working session, as a shell around `desk-state`: owns the socket, the sound path and the ring tone, turns what they say
 * into inputs, and sends what the agent asks for. Screens read `state` through `subscribe` and know nothing of sockets.
 */
import type { Clock } from '@keepline/contracts/clock';
import type { DeskAsk, DeskPush } from '@keepline/contracts/agent-protocol';
import type { KeeplineError } from '@keepline/contracts/errors';
import { asKeeplineError } from '../../server/errors.ts';
import { type Asked, LiveSocket } from '../../server/live-socket.ts';
import {
  allowedAsks,
  callOf,
  type DeskInput,
  type DeskState,
  firstState,
  isMicrophoneOpen,
  isRinging,
  type Sound,
  step,
  type Trouble,
} from './desk-state.ts';
import type { AudioPath } from './media/audio-path.ts';
import type { RingTone } from './media/ring-tone.ts';

export interface DeskSessionNeeds {
  readonly url: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly ringTone: RingTone;
  /** Builds the sound path; called again whenever it has to be built anew. */
  makeAudioPath(events: AudioPathEvents): AudioPath;
  /** An attempt to connect failed; whoever owns the sign-in looks whether it still stands. */
  onRefused(): void;
}
export interface AudioPathEvents {
  ask(request: Asked): Promise<unknown>;
  /** The path broke after it stood: ICE failed, or the microphone was unplugged. */
  broke(error: KeeplineError): void;
}

/** What lets the browser play: asked for by a press of the agent. */
const BRINGS_SOUND: ReadonlySet<DeskAsk> = new Set([
  ...(['call.answer', 'call.dial', 'call.supervise', 'call.pickup', 'call.retrieve'] as const),
]);
/** Wait before a broken sound path is repaired, ms. */
export const REPAIR_WAIT_MS = 2_000;

export class DeskSession {
  readonly #needs: DeskSessionNeeds;
  readonly #socket: LiveSocket;
  readonly #listeners = new Set<() => void>();
  #state = firstState;
  #audio: AudioPath | null = null;
  #closed = false;
  #disarmRepair: () => void = () => {};

  constructor(needs: DeskSessionNeeds) {
    this.#needs = needs;
    this.#socket = new LiveSocket({
      url: needs.url,
      clock: needs.clock,
      random: needs.random,
      events: {
        opened: () => {
          this.#take({ is: 'opened' });
          this.#buildSound();
        },
        lost: (attempt, retryInMs) => this.#take({ is: 'lost', attempt, retryAtMs: needs.clock.monotonicMs() + retryInMs }),
        refused: () => needs.onRefused(),
        pushed: (push) => this.#receive(push),
      },
    });
  }

  get state(): DeskState {
    return this.#state;
  }

  start(): void {
    this.#socket.start();
  }

  hurry(): void {
    this.#socket.hurry();
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Asks when it is allowed now, otherwise does nothing: a shortcut pressed too late is not a fault. Faults land in `state.trouble`. */
  async ask(request: Asked): Promise<void> {
    if (!allowedAsks(this.#state).has(request.ask)) return;
    if (request.ask === 'call.mute') this.#take({ is: 'mute_wanted', muted: request.muted });
    if (BRINGS_SOUND.has(request.ask)) this.#audio?.allowPlayback();
    this.#take({ is: 'asked', ask: request.ask });
    let trouble: Trouble | null = null;
    try {
      await this.#socket.ask(request);
    } catch (thrown) {
      trouble = asTrouble(thrown);
    }
    this.#take({ is: 'settled', ask: request.ask, trouble });
  }

  draft(disposition: string, note: string): void {
    const call = callOf(this.#state);
    if (call) this.#take({ is: 'draft', draft: { callId: call.callId, disposition, note } });
  }

  troubleRead(): void {
    this.#take({ is: 'trouble_read' });
  }

  /** Makes sound work again after a fault, by the least that helps: the microphone alone, or a new connection with a new path. */
  repairSound(): void {
    this.#disarmRepair();
    const path = this.#audio;
    if (!path || this.#state.sound.at === 'starting') return;
    this.#watch(path, async () => {
      const isRepaired = await path.repair();
      if (!isRepaired && path === this.#audio) this.#socket.reconnect();
      return isRepaired;
    });
  }

  /** A headset was plugged in or out: perhaps what was missing is there now. */
  devicesChanged(): void {
    if (this.#state.sound.at === 'failed') this.repairSound();
  }

  /** The end: microphone released, socket closed, nothing rings. */
  close(): void {
    this.#closed = true;
    this.#disarmRepair();
    this.#socket.close();
    this.#audio?.close();
    this.#audio = null;
    this.#needs.ringTone.set(false);
    this.#listeners.clear();
  }

  #buildSound(): void {
    this.#disarmRepair();
    this.#audio?.close();
    const path = this.#needs.makeAudioPath({
      ask: (request) => this.#socket.ask(request),
      broke: (error) => {
        if (path !== this.#audio) return;
        this.#take({ is: 'sound', sound: { at: 'failed', trouble: asTrouble(error) } });
        this.#disarmRepair = this.#needs.clock.after(REPAIR_WAIT_MS, () => this.repairSound());
      },
    });
    this.#audio = path;
    this.#watch(path, async () => {
      await path.build();
      return true;
    });
  }

  /** Shows how work on the path goes, unless the path was replaced meanwhile. */
  #watch(path: AudioPath, work: () => Promise<boolean>): void {
    const show = (sound: Sound): void => {
      if (path === this.#audio) this.#take({ is: 'sound', sound });
    };
    show({ at: 'starting' });
    work().then(
      (isReady) => {
        if (isReady) show({ at: 'ready' });
      },
      (thrown: unknown) => show({ at: 'failed', trouble: asTrouble(thrown) }),
    );
  }

  #receive(push: DeskPush): void {
    switch (push.push) {
      case 'view':
        this.#take({ is: 'view', view: push.view, monotonicMs: this.#needs.clock.monotonicMs() });
        break;
      case 'bye':
        this.#take({ is: 'bye', why: push.why });
        break;
      case 'media.rejoin':
        this.#buildSound();
        break;
      case 'media.consume': {
        const path = this.#audio;
        path?.consume(push.offer).catch((thrown: unknown) => {
          if (path === this.#audio) this.#take({ is: 'sound', sound: { at: 'failed', trouble: asTrouble(thrown) } });
        });
        break;
      }
    }
  }

  #take(input: DeskInput): void {
    if (this.#closed) return;
    this.#state = step(this.#state, input);
    this.#audio?.openMicrophone(isMicrophoneOpen(this.#state));
    if (input.is === 'view' && !hasCallAudio(this.#state)) this.#audio?.stopConsuming();
    for (const listener of this.#listeners) listener();
    // After the listeners, so that the call is on the screen before it is heard.
    this.#needs.ringTone.set(isRinging(this.#state));
  }
}

function hasCallAudio(state: DeskState): boolean {
  const call = callOf(state);
  return call !== null && call.state !== 'wrap_up';
}

export function asTrouble(thrown: unknown): Trouble {
  const { code, message, hint } = asKeeplineError(thrown);
  return { code, message, hint };
}
