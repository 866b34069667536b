/**
 * What monitoring wants to know of all legs together: how many sound how, what was lost, and which have sounded bad for a while. A leg raises an
 * alarm after two bad samples in a row and lowers it after three good ones, so that a short burst of loss calls nobody.
 */
import type { KeeplineError } from '@keepline/contracts/errors';
import type { LegRole } from './edge-messages.ts';
import { VoiceQualityLow } from './errors.ts';
import { Histogram } from './histogram.ts';
import type { LegSample } from './leg-quality.ts';

/** Upper ends of the histogram of scores. */
const MOS_BOUNDS = [1.5, 2, 2.5, 3, 3.5, 4, 4.2, 4.5];
/** Of jitter (RFC 3550 §6.4.1), ms: a jitter buffer of a phone takes in some tens. */
const JITTER_BOUNDS_MS = [1, 2, 5, 10, 20, 30, 50, 100, 200];
/** Of the round trip, ms: twice what ITU-T G.114 asks of one way (150 ms, 400 ms at most) is among them. */
const ROUND_TRIP_BOUNDS_MS = [10, 20, 50, 100, 150, 200, 300, 500, 800];
const BAD_SAMPLES = 2;
const GOOD_SAMPLES = 3;
/** A score this much above the threshold is good; between the two nothing changes. */
const HYSTERESIS = 0.2;

export interface BoardOptions {
  /** Score below which a leg sounds bad; 0 raises no alarm. */
  readonly mosAlarm: number;
  onAlarm(alarm: KeeplineError): void;
}

/** What was heard from all legs of one kind. */
interface Heard {
  readonly mos: Histogram;
  readonly jitterMs: Histogram;
  /** Only of samples whose far end reports. */
  readonly roundTripMs: Histogram;
}

const nothingHeard = (): Heard => ({
  mos: new Histogram(MOS_BOUNDS),
  jitterMs: new Histogram(JITTER_BOUNDS_MS),
  roundTripMs: new Histogram(ROUND_TRIP_BOUNDS_MS),
});

interface Judged {
  bad: number;
  good: number;
  alarmed: boolean;
}

export class QualityBoard {
  readonly #options: BoardOptions;
  readonly #legs = new Map<string, Judged>();
  readonly #heard: Readonly<Record<LegRole, Heard>> = { caller: nothingHeard(), agent: nothingHeard() };
  #packets = 0;
  #lost = 0;

  constructor(options: BoardOptions) {
    this.#options = options;
  }

  /** Takes ten seconds of a leg. */
  take({ id, role }: { readonly id: string; readonly role: LegRole }, { mos, packets, lost, jitterMs, roundTripMs }: LegSample): void {
    const heard = this.#heard[role];
    heard.mos.add(mos);
    heard.jitterMs.add(jitterMs);
    if (roundTripMs !== null) heard.roundTripMs.add(roundTripMs);
    this.#packets += packets;
    this.#lost += lost;
    this.#judge(id, mos);
  }

  /** The leg is over. */
  forget(legId: string): void {
    this.#legs.delete(legId);
  }

  /** Legs that sound bad now. */
  get alarms(): number {
    return [...this.#legs.values()].filter(({ alarmed }) => alarmed).length;
  }

  figures() {
    return { heard: this.#heard, packets: this.#packets, lost: this.#lost, alarms: this.alarms };
  }

  #judge(legId: string, mos: number): void {
    const { mosAlarm } = this.#options;
    if (mosAlarm === 0) return;
    const leg = this.#legs.get(legId) ?? { bad: 0, good: 0, alarmed: false };
    this.#legs.set(legId, leg);
    leg.bad = mos < mosAlarm ? leg.bad + 1 : 0;
    leg.good = mos >= mosAlarm + HYSTERESIS ? leg.good + 1 : 0;
    if (leg.alarmed && leg.good >= GOOD_SAMPLES) leg.alarmed = false;
    if (leg.alarmed || leg.bad < BAD_SAMPLES) return;
    leg.alarmed = true;
    this.#options.onAlarm(new VoiceQualityLow(legId, mos));
  }
}
