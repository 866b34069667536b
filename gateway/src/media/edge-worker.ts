/**
 * Entry of an RTP worker thread: owns the sockets of many calls, carries out the commands of the main thread, and drives everything that
 * takes time from one ticker. An exception here ends the thread on purpose: the pool reports it and starts another.
 */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { messageOf } from '@keepline/contracts/errors';
import { systemClock } from '@keepline/contracts/clock';
import { EdgeCall } from './edge-call.ts';
import { EdgeLeg } from './edge-leg.ts';
import type { Command, EdgeCounters, LegPlace, OpenLegReply, Replies, Report, WorkerSettings } from './edge-messages.ts';
import type { LegQuality } from './leg-quality.ts';
import { beat } from './heartbeat.ts';
import { startTicker, TICK_MS } from './ticker.ts';

const FLUSH_TICKS = 100 / TICK_MS;
const SILENCE_TICKS = 1000 / TICK_MS;
const REPORT_TICKS = 5000 / TICK_MS;
const SAMPLE_TICKS = 10_000 / TICK_MS;

class EdgeWorker {
  readonly #main: MessagePort;
  readonly #settings: WorkerSettings;
  readonly #clock = systemClock;
  readonly #calls = new Map<string, EdgeCall>();
  readonly #legs = new Map<string, { readonly leg: EdgeLeg; readonly call: EdgeCall }>();
  #legsOpened = 0;
  #ticks = 0;
  /** Time of this turn of the ticker, and of the one before. */
  #turnMs = 0;
  #lastTurnMs = 0;
  /** Counts of legs that are closed. */
  readonly #past = { received: 0, sent: 0, foreign: 0, malformed: 0, unexpectedType: 0, unauthentic: 0, replayed: 0, sendFailed: 0 };

  constructor(main: MessagePort, settings: WorkerSettings) {
    this.#main = main;
    this.#settings = settings;
  }

  serve(): void {
    this.#main.on('message', (command: Command) => this.#obey(command));
    startTicker(this.#clock, (nowMs, lateMs) => {
      if (this.#settings.beat) beat(this.#settings.beat, lateMs);
      this.#tick(nowMs);
    });
  }

  #obey(command: Command): void {
    switch (command.do) {
      case 'openLeg':
        void this.#openLeg(command.callId, command.place).then((reply) => this.#reply(command, reply));
        return;
      case 'setRemote':
        this.#leg(command.legId)?.setRemote(command.remote);
        return;
      case 'play': {
        const sounds = command.names.flatMap((name) => this.#settings.prompts.get(name) ?? []);
        const leg = this.#leg(command.legId);
        if (leg) leg.play(command.play, sounds, command.loop);
        else this.#tell({ on: 'playEnd', legId: command.legId, play: command.play, end: 'stopped' });
        return;
      }
      case 'stopPlaying':
        this.#leg(command.legId)?.stopPlaying();
        return;
      case 'mute': {
        const leg = this.#leg(command.legId);
        if (leg) leg.muted = command.muted;
        return;
      }
      case 'hearBehind': {
        const leg = this.#leg(command.legId);
        if (leg) leg.reports.behind = command.told;
        return;
      }
      case 'bridge': {
        const [a, b] = [this.#leg(command.a), this.#leg(command.b)];
        if (a && b) this.#calls.get(command.callId)?.bridge(a, b);
        return;
      }
      case 'unbridge':
        this.#calls.get(command.callId)?.unbridge();
        return;
      case 'mix': {
        const legsOf = (ids: readonly string[]): EdgeLeg[] => ids.flatMap((id) => this.#leg(id) ?? []);
        const hears = command.hears.flatMap(({ to, from }) => legsOf([to]).map((leg) => [leg, legsOf(from)] as const));
        this.#calls.get(command.callId)?.mix(new Map(hears), legsOf(command.recorded));
        return;
      }
      case 'startRecording': {
        const [left, right] = [this.#leg(command.left), this.#leg(command.right)];
        const call = this.#calls.get(command.callId);
        if (left && right && call) call.startRecording(left, right, command.port, this.#settings.reorderMs, this.#clock.monotonicMs());
        else endUnstarted(command.port);
        return;
      }
      case 'replaceRight': {
        const right = this.#leg(command.right);
        if (right) this.#calls.get(command.callId)?.replaceRight(right);
        return;
      }
      case 'stopRecording':
        return this.#reply(command, this.#calls.get(command.callId)?.stopRecording(this.#clock.monotonicMs()) ?? null);
      case 'quality':
        return this.#reply(command, this.#leg(command.legId)?.quality() ?? null);
      case 'closeLeg':
        return this.#reply(command, this.#closeLeg(command.legId));
      case 'closeCall':
        return this.#reply(command, this.#closeCall(command.callId));
      case 'counters':
        return this.#reply(command, this.#counters());
    }
  }

  async #openLeg(callId: string, place: LegPlace): Promise<OpenLegReply> {
    const call = this.#calls.get(callId) ?? new EdgeCall();
    const { legId } = place;
    const leg = new EdgeLeg(
      place,
      ++this.#legsOpened,
      this.#clock,
      {
        digit: (digit) => this.#tell({ on: 'digit', legId, digit }),
        lost: () => this.#tell({ on: 'lost', legId }),
        firstPacket: () => this.#tell({ on: 'firstPacket', legId }),
        playEnd: (play, end) => this.#tell({ on: 'playEnd', legId, play, end }),
      },
      (from, header, packet, nowMs) => call.hear(from, header, packet, nowMs),
    );
    this.#calls.set(callId, call); // before the wait: two legs may open at the same time
    try {
      await leg.open(place.address, place.port);
    } catch (cause) {
      const busy = cause instanceof Error && 'code' in cause && (cause.code === 'EADDRINUSE' || cause.code === 'EACCES');
      return { opened: false, busy, why: messageOf(cause) };
    }
    call.legs.set(legId, leg);
    this.#legs.set(legId, { leg, call });
    return { opened: true };
  }

  #closeLeg(legId: string): LegQuality | null {
    const entry = this.#legs.get(legId);
    if (!entry) return null;
    const { leg, call } = entry;
    const quality = leg.quality();
    call.drop(leg);
    this.#legs.delete(legId);
    addCounts(this.#past, leg, quality);
    leg.close();
    return quality;
  }

  /** The recording is finished before the legs go. */
  #closeCall(callId: string): Record<string, LegQuality> {
    const call = this.#calls.get(callId);
    const qualities: Record<string, LegQuality> = {};
    if (!call) return qualities;
    call.stopRecording(this.#clock.monotonicMs());
    for (const legId of [...call.legs.keys()]) {
      const quality = this.#closeLeg(legId);
      if (quality) qualities[legId] = quality;
    }
    this.#calls.delete(callId);
    return qualities;
  }

  #counters(): EdgeCounters {
    const sum = { ...this.#past };
    for (const { leg } of this.#legs.values()) addCounts(sum, leg, leg.quality());
    return { calls: this.#calls.size, legs: this.#legs.size, ...sum };
  }

  #tick(nowMs: number): void {
    const tick = this.#ticks++;
    if (nowMs !== this.#turnMs) {
      this.#lastTurnMs = this.#turnMs;
      this.#turnMs = nowMs;
    }
    for (const { leg } of this.#legs.values()) {
      leg.tick(nowMs);
      // Spread over their interval by the number of the leg, so that no tick does the work of all.
      if ((tick + leg.number) % SILENCE_TICKS === 0) leg.watchSilence(nowMs, this.#settings.rtpTimeoutMs);
      if ((tick + leg.number) % REPORT_TICKS === 0) leg.sendReport(nowMs);
      if ((tick + leg.number) % SAMPLE_TICKS === 0) this.#sample(leg);
    }
    for (const call of this.#calls.values()) call.tick(nowMs);
    // As of the turn before: after a stall the packets that came meanwhile are still in the sockets, and are read before the next turn.
    if (tick % FLUSH_TICKS === 0) for (const call of this.#calls.values()) call.flushRecording(this.#lastTurnMs);
  }

  #sample(leg: EdgeLeg): void {
    const sample = leg.sample();
    if (sample) this.#tell({ on: 'sample', legId: leg.id, sample });
  }

  #leg(legId: string): EdgeLeg | undefined {
    return this.#legs.get(legId)?.leg;
  }

  #tell(report: Report): void {
    this.#main.postMessage(report);
  }

  #reply<K extends keyof Replies>(command: { readonly do: K; readonly ask: number }, reply: Replies[K]): void {
    this.#tell({ re: command.ask, reply });
  }
}

function addCounts(sum: { -readonly [K in keyof Omit<EdgeCounters, 'calls' | 'legs'>]: number }, leg: EdgeLeg, quality: LegQuality): void {
  const { drops } = leg;
  sum.received += quality.packets;
  sum.sent += quality.sent;
  sum.foreign += drops.foreign;
  sum.malformed += drops.malformed;
  sum.unexpectedType += drops.unexpectedType;
  sum.unauthentic += drops.unauthentic;
  sum.replayed += drops.replayed;
  sum.sendFailed += leg.sendFailed;
}

/** The call ended before its recording began: the recorder still gets its end. */
function endUnstarted(port: MessagePort): void {
  port.postMessage({ kind: 'end', samples: 0 });
  port.close();
}

if (parentPort) new EdgeWorker(parentPort, workerData as WorkerSettings).serve();
