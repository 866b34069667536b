/**
 * One message of the cloud: verified, kept or refused, and a receipt for either. Refusals are counted and logged by reason, at most once a
 * minute each, so that a flood cannot fill the log.
 */
import type { KeyObject } from 'node:crypto';
import type { Clock } from '@keepline/contracts/clock';
import { type DownlinkReceipt, type DownlinkRefusal, judgeDownlink } from '@keepline/contracts/downlink';
import type { Proposals } from './proposals.ts';

const LOG_EVERY_MS = 60_000;

export interface ReceiverOptions {
  readonly site: string;
  readonly keys: ReadonlyMap<string, KeyObject>;
  readonly proposals: Pick<Proposals, 'keep' | 'refuse'>;
  readonly clock: Pick<Clock, 'now' | 'monotonicMs'>;
  readonly log: { info(fields: object, message: string): void; warn(fields: object, message: string): void };
}

export class Receiver {
  readonly #o: ReceiverOptions;
  readonly #quiet = new Map<DownlinkRefusal, { untilMs: number; held: number }>();

  constructor(options: ReceiverOptions) {
    this.#o = options;
  }

  /** @param kind last part of the subject; what the envelope says of itself is what counts. @throws when it could not be stored */
  take = async (bytes: Uint8Array, kind: string): Promise<DownlinkReceipt> => {
    const { site, keys, proposals, clock, log } = this.#o;
    const nowMs = clock.now();
    const verdict = judgeDownlink(bytes, site, keys, nowMs);
    if (!verdict.ok) return await this.#refuse(verdict.why, { id: '', kind: kind.slice(0, 32), version: 0 });
    const { id, version } = verdict.envelope;
    const about = { id, kind: verdict.envelope.kind, version };
    const outcome = await proposals.keep(verdict.envelope, JSON.stringify(verdict.envelope), nowMs);
    if (outcome !== 'stored') return await this.#refuse(outcome, about);
    log.info(about, 'a proposal of the cloud waits for approval');
    return { ...about, outcome, why: '', atMs: nowMs };
  };

  async #refuse(why: DownlinkRefusal, about: { id: string; kind: string; version: number }): Promise<DownlinkReceipt> {
    const { proposals, clock, log } = this.#o;
    const atMs = clock.now();
    await proposals.refuse(why, atMs);
    const quiet = this.#quiet.get(why);
    if (quiet && clock.monotonicMs() < quiet.untilMs) quiet.held++;
    else {
      this.#quiet.set(why, { untilMs: clock.monotonicMs() + LOG_EVERY_MS, held: 0 });
      // Nothing of what was sent is repeated here: it may be anything.
      log.warn({ code: 'DOWNLINK_REFUSED', why, unlogged: quiet?.held ?? 0 }, 'a message of the cloud was refused');
    }
    return { ...about, outcome: 'refused', why, atMs };
  }
}
