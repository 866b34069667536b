/**
 * The link against a model of the field: any sequence of cuts, black holes, slow lines, jumps of the clock and quiet times. The model knows what
 * the line did; the monitor sees only heartbeats.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { KeeplineError } from '@keepline/contracts/errors';
import { LinkMonitor } from './link-monitor.ts';
import type { Wire } from './wire.ts';

const STABLE_MS = 60_000;
const NOTICED_MS = 5000;

/** The line: its fault now, and since when (model time). */
class Field {
  readonly clock = new FakeClock();
  tripMs = 20;
  hole = false;
  refuses = false;
  /** When the last fault began or ended. */
  troubleMs = Number.NEGATIVE_INFINITY;
  holeSinceMs = 0;
  monitor: LinkMonitor<Wire>;
  lose: () => void = () => {};
  inFlight = 0;
  readonly ups: Array<{ readonly atMs: number; readonly quietMs: number }> = [];

  constructor() {
    this.monitor = new LinkMonitor<Wire>({
      dial: () => this.#dial(),
      rules: { misses: 3, heartbeatMs: 1000, stableMs: STABLE_MS },
      clock: this.clock,
      random: () => 0.5,
      log: { info: () => {}, warn: () => {} },
    });
    this.monitor.onChange(({ state }) => {
      if (state === 'up' && this.monitor.timeline().at(-1)?.atMs === this.clock.now())
        this.ups.push({ atMs: this.clock.monotonicMs(), quietMs: this.clock.monotonicMs() - this.troubleMs });
    });
  }

  trouble(): void {
    this.troubleMs = this.clock.monotonicMs();
  }

  async #dial(): Promise<Wire> {
    const { clock } = this;
    await new Promise<void>((resolve) => clock.after(this.tripMs, resolve));
    if (this.hole || this.refuses) throw new KeeplineError('CLOUD_UNREACHABLE', 'no', { hint: '' });
    const over = Promise.withResolvers<string>();
    this.lose = () => over.resolve('connection_lost');
    this.inFlight = 0;
    return {
      closed: over.promise,
      drop: () => over.resolve('connection_closed'),
      ping: () => {
        this.inFlight++;
        return new Promise((resolve) => {
          clock.after(this.tripMs, () => {
            if (this.hole) return; // swallowed
            this.inFlight--;
            resolve();
          });
        });
      },
    };
  }
}

/** A law of the model; `expect` belongs into tests. */
function holds(law: string, is: boolean): void {
  if (!is) throw new Error(`broken law: ${law}`);
}

type Step = fc.AsyncCommand<object, Field>;
const command = (name: string, run: (field: Field) => Promise<void> | void): Step => ({
  check: () => true,
  run: async (_, field) => {
    await run(field);
    holds('heartbeats never pile up', field.inFlight <= 5);
    const { state } = field.monitor.view();
    const isOverdue = field.hole && field.clock.monotonicMs() - field.holeSinceMs > NOTICED_MS;
    holds('a black hole is noticed within 5 s', !isOverdue || state === 'down');
    holds(
      'up only after a stable time',
      field.ups.every(({ quietMs }) => quietMs >= STABLE_MS),
    );
  },
  toString: () => name,
});
const wait = fc.integer({ min: 1, max: 90_000 }).map((ms) => command(`wait ${ms}`, (field) => field.clock.advanceAsync(ms)));
const cut = fc.constant(
  command('clean cut', async (field) => {
    const was = field.monitor.wire();
    field.lose();
    if (was) field.trouble();
    await field.clock.advanceAsync(0);
    holds('a clean cut is down at once', !was || field.monitor.view().state === 'down');
  }),
);
const hole = fc.constant(
  command('black hole', (field) => {
    if (!field.hole) field.holeSinceMs = field.clock.monotonicMs();
    field.hole = true;
    field.trouble();
  }),
);
const refuse = fc.boolean().map((refuses) => command(`refuses ${refuses}`, (field) => void (field.refuses = refuses)));
const renew = fc.constant(
  command('renew', async (field) => {
    const before = field.monitor.view().state;
    field.monitor.renew();
    await field.clock.advanceAsync(field.tripMs);
    holds('a new connection in place of a good one changes nothing', before !== 'up' || field.hole || field.monitor.view().state === 'up');
  }),
);
const heal = fc.constant(
  command('heal', (field) => {
    // What a hole swallowed stays lost here; TCP would bring it, which only makes life easier.
    if (field.hole && field.monitor.wire()) field.lose();
    if (field.hole) field.trouble();
    field.hole = false;
  }),
);
const jump = fc
  .integer({ min: -86_400_000, max: 86_400_000 })
  .map((ms) => command(`clock jump ${ms}`, (field) => field.clock.jumpWall(ms)));
const drill = fc.integer({ min: 1, max: 30_000 }).map((ms) =>
  command(`drill ${ms}`, async (field) => {
    field.monitor.hold(ms);
    holds('a drill shows at once', field.monitor.view().condition === 'drill');
    await field.clock.advanceAsync(ms);
    field.trouble();
    holds('a drill ends by itself', field.monitor.heldMs() === 0);
  }),
);

it('law: any field noticed within 5 s, no flapping, bounded heartbeats, and up again once it is quiet', async () => {
  await fc.assert(
    fc.asyncProperty(fc.commands([wait, wait, cut, hole, refuse, renew, heal, jump, drill], { maxCommands: 30 }), async (steps) => {
      const field = new Field();
      field.monitor.start();
      await field.clock.advanceAsync(4000);
      field.ups.length = 0; // a start is no outage and needs no 60 s
      await fc.asyncModelRun(() => ({ model: {}, real: field }), steps);
      field.hole = false;
      field.refuses = false;
      field.lose();
      await field.clock.advanceAsync(STABLE_MS + 10_000);
      expect(field.monitor.view().state, 'never comes back').toBe('up');
      field.monitor.stop();
    }),
    { numRuns: 60 },
  );
}, 60_000);
