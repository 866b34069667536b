/**
 * What monitoring wants to know of all legs together: how many sound how, what was lost, and which have sounded bad for a while. A leg raises an
 * alarm after two bad samples in a row and lowers it after three good ones, so that a short burst of loss calls nobody.
 */
import { VoiceQualityLow } from './errors.ts';
import type { LegSample } from './leg-quality.ts';
import type { KeeplineError } from '@keepline/contracts/errors';

/** Upper ends of the histogram of scores; the last is open. */
export const MOS_BOUNDS = [1.5, 2, 2.5, 3, 3.5, 4, 4.2, 4.5] as const;
const BAD_SAMPLES = 2;
const GOOD_SAMPLES = 3;
/** A score this much above the threshold is good; between the two nothing changes. */
const HYSTERESIS = 0.2;

export interface BoardOptions {
  /** Score below which a leg sounds bad; 0 raises no alarm. */
  readonly mosAlarm: number;
  onAlarm(alarm: KeeplineError): void;
}

interface Judged {
  bad: number;
  good: number;
  alarmed: boolean;
}

export class QualityBoard {
  readonly #options: BoardOptions;
  readonly #legs = new Map<string, Judged>();
  readonly #histogram = MOS_BOUNDS.map(() => 0);
  #samples = 0;
  #mosSum = 0;
  #packets = 0;
  #lost = 0;

  constructor(options: BoardOptions) {
    this.#options = options;
  }

  /** Takes ten seconds of a leg. */
  take(legId: string, { mos, packets, lost }: LegSample): void {
    this.#samples++;
    this.#mosSum += mos;
    this.#packets += packets;
    this.#lost += lost;
    MOS_BOUNDS.forEach((bound, i) => {
      if (mos <= bound) this.#histogram[i] = (this.#histogram[i] ?? 0) + 1;
    });
    this.#judge(legId, mos);
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
    const buckets = MOS_BOUNDS.map((bound, i) => ({ bound, count: this.#histogram[i] ?? 0 }));
    return { samples: this.#samples, mosSum: this.#mosSum, buckets, packets: this.#packets, lost: this.#lost, alarms: this.alarms };
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
