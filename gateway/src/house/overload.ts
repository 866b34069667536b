/**
 * Watches how hard the gateway breathes and turns new calls away while it is too hard (`calls/admission.ts` judges). Asked for each INVITE before it
 * costs a transaction, a port or a row, so a flood of calls is refused at the price of reading it.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Clock } from '@keepline/contracts/clock';
import type { KeeplineError } from '@keepline/contracts/errors';
import type { SiteConfig } from '@keepline/contracts/site-config';
import { look, refusalFor, type Refused, type Strain, TAKING_CALLS } from '../calls/admission.ts';
import { CallNotNow, SiteOverloaded } from '../calls/errors.ts';
import { metric } from '../media/metric.ts';
import type { Inbound } from '../sip/inbound.ts';
import type { Refusal } from '../sip/validate-request.ts';
import { RETRY_AFTER_SECONDS } from '../trunks/trunk-table.ts';

/** How often the parts are looked at, ms. */
const LOOK_MS = 1000;
/** Grain of the measurement of the main thread, ms. */
const LOOP_GRAIN_MS = 10;
/** One late turn in ten is felt; one in a hundred is a pause of the memory manager. */
const LOOP_PERCENTILE = 90;

export interface OverloadParts {
  readonly clock: Clock;
  readonly settings: SiteConfig['overload'];
  readonly edge: { readonly worstLateMs: number };
  readonly recorder: { readonly fullestQueuePercent: number };
  /** Calls out and calls in that have sound. */
  readonly withSound: { readonly size: number };
  readonly onFault: (fault: KeeplineError) => void;
  readonly onRelief: () => void;
}

export interface Overload {
  /** For a new INVITE; null lets it through. One that takes the place of a call (RFC 3891) is no new load. */
  refusal(inbound: Inbound): (Refusal & { readonly why: Refused }) | null;
  /** Why a call of ours cannot begin now; null when it can. Calls out are load like calls in. */
  outboundFault(): CallNotNow | null;
  /** Counts a call that came in, from its INVITE until it is over. */
  follow(call: { readonly ended: Promise<unknown> }): void;
  /** Whether a call would be taken now. */
  takesCalls(): boolean;
  /** Prometheus text. */
  metrics(): string;
  close(): void;
}

export function watchOverload(parts: OverloadParts): Overload {
  const { clock, settings, edge, recorder } = parts;
  const loop = monitorEventLoopDelay({ resolution: LOOP_GRAIN_MS });
  loop.enable();
  const refused: Record<Refused, number> = { too_many_calls: 0, overloaded: 0 };
  let refusedOut = 0;
  let admission = TAKING_CALLS;
  let strain: Strain = { loopDelayMs: 0, edgeLateMs: 0, recorderQueuePercent: 0 };
  let cameIn = 0;
  // A call that comes in has its sound a moment later than its place; both counts know most calls, and the larger one all of a burst.
  const inProgress = (): number => Math.max(cameIn, parts.withSound.size);
  const verdict = (): Refused | null => refusalFor(admission, inProgress(), settings.maxCalls);

  const stopLooking = clock.every(LOOK_MS, () => {
    const loopDelayMs = Math.max(0, loop.percentile(LOOP_PERCENTILE) / 1e6 - LOOP_GRAIN_MS);
    loop.reset();
    strain = { loopDelayMs, edgeLateMs: edge.worstLateMs, recorderQueuePercent: recorder.fullestQueuePercent };
    const before = admission.shedding;
    admission = look(admission, strain, settings);
    const { shedding } = admission;
    if (before === null && shedding !== null) parts.onFault(new SiteOverloaded(shedding, strain[shedding], settings[shedding]));
    if (before !== null && shedding === null) parts.onRelief();
  });
  return {
    refusal({ request }) {
      if (request.headers.get('replaces') !== undefined) return null;
      const why = verdict();
      if (why === null) return null;
      refused[why]++;
      return { status: 503, headers: [['Retry-After', `${RETRY_AFTER_SECONDS}`]], why };
    },
    outboundFault() {
      const why = verdict();
      if (why === null) return null;
      refusedOut++;
      return new CallNotNow(why);
    },
    follow({ ended }) {
      cameIn++;
      void ended.then(() => cameIn--);
    },
    takesCalls: () => verdict() === null,
    metrics: () =>
      [
        metric('keepline_calls_in_progress', 'gauge', 'Calls in progress, which overload.maxCalls bounds.', [['', inProgress()]]),
        metric('keepline_taking_calls', 'gauge', '1 while new calls are taken, 0 while they are answered 503 for overload.', [
          ['', verdict() === null ? 1 : 0],
        ]),
        metric(
          'keepline_calls_shed_total',
          'counter',
          'Calls answered 503 for overload.',
          Object.entries(refused).map(([why, count]) => [`{why="${why}"}`, count]),
        ),
        metric('keepline_calls_out_shed_total', 'counter', 'Calls out that were not begun for overload.', [['', refusedOut]]),
        metric('keepline_loop_delay_ms', 'gauge', 'Delay of the main thread in the last second, 90th percentile, ms.', [
          ['', Math.round(strain.loopDelayMs)],
        ]),
        metric('keepline_recorder_queue_percent', 'gauge', 'Fill of the fullest queue of a recording before the disk, percent.', [
          ['', Math.round(strain.recorderQueuePercent)],
        ]),
      ].join(''),
    close() {
      stopLooking();
      loop.disable();
    },
  };
}
