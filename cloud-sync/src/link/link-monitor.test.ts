import { describe, expect, it } from 'vitest';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { KeeplineError } from '@keepline/contracts/errors';
import { LinkMonitor } from './link-monitor.ts';
import type { Wire } from './wire.ts';

class FakeWire implements Wire {
  answers = true;
  dropped = 0;
  asked = 0;
  readonly #over = Promise.withResolvers<string>();
  readonly closed = this.#over.promise;
  ping(): Promise<void> {
    this.asked++;
    return this.answers ? Promise.resolve() : new Promise(() => {});
  }
  drop(): void {
    this.dropped++;
    this.#over.resolve('connection_closed');
  }
  lose(): void {
    this.#over.resolve('connection_lost');
  }
}

function monitored(reachable: () => boolean = () => true) {
  const clock = new FakeClock();
  const wires: FakeWire[] = [];
  const seen: string[] = [];
  const held: Array<FakeWire | undefined> = [];
  const silent = { info: () => {}, warn: () => {} };
  const monitor = new LinkMonitor<FakeWire>({
    dial: async () => {
      await Promise.resolve();
      if (!reachable()) throw new KeeplineError('CLOUD_UNREACHABLE', 'nobody there', { hint: '' });
      const wire = new FakeWire();
      wires.push(wire);
      return wire;
    },
    rules: { misses: 3, heartbeatMs: 1000, stableMs: 60_000 },
    clock,
    random: () => 0.5,
    log: silent,
  });
  monitor.onChange(({ state, why }) => seen.push(`${state}: ${why}`));
  monitor.onWire((wire) => held.push(wire));
  return { clock, monitor, wires, seen, held };
}

describe('link monitor', () => {
  it('notices a black hole within 5 s, replaces the connection and dials again', async () => {
    const { clock, monitor, wires, seen, held } = monitored();
    monitor.start();
    await clock.advanceAsync(5000);
    expect(monitor.view().state).toBe('up');
    const [first] = wires;
    if (!first) throw new Error('never dialled');
    first.answers = false;
    await clock.advanceAsync(4500);
    expect(seen.slice(-2)).toEqual(['suspect: heartbeat_missed', 'down: heartbeats_missed']);
    expect(first.dropped).toBe(1);
    expect(monitor.view().condition).toBe('no_answer');
    expect(monitor.timeline().at(-1)).toMatchObject({ to: 'down', condition: 'no_answer' });
    expect(monitor.timeline().at(-1)?.silentMs).toBeLessThanOrEqual(5000);
    expect(first.asked).toBeLessThanOrEqual(12); // six of the good times, and no more than misses + 2 into the hole
    await clock.advanceAsync(1000);
    expect(wires).toHaveLength(2);
    expect(held).toEqual([first, undefined, wires[1]]);
    expect(monitor.view().state).toBe('probing');
    await clock.advanceAsync(60_000);
    expect(monitor.view().state).toBe('up');
    monitor.stop();
    expect(clock.pending).toBe(0);
  });

  it('a late answer within the third heartbeat saves the connection', async () => {
    const { clock, monitor, wires } = monitored();
    monitor.start();
    await clock.advanceAsync(5000);
    let answer = (): void => {};
    const [wire] = wires;
    if (!wire) throw new Error('never dialled');
    wire.ping = () => new Promise((resolve) => (answer = resolve));
    await clock.advanceAsync(3000);
    answer();
    wire.ping = () => Promise.resolve();
    await clock.advanceAsync(2000);
    expect(wires).toHaveLength(1);
    expect(monitor.view().state).toBe('suspect');
    monitor.stop();
  });

  it('a clean disconnect is down at once, and the next connection is dialled within a second', async () => {
    const { clock, monitor, wires, seen } = monitored();
    monitor.start();
    await clock.advanceAsync(5000);
    wires[0]?.lose();
    await clock.advanceAsync(0);
    expect(seen.at(-1)).toBe('down: connection_lost');
    await clock.advanceAsync(1000);
    expect(seen.at(-1)).toBe('probing: connected');
    monitor.stop();
  });

  it('exchanges its connection without leaving its state; the old one says farewell', async () => {
    const { clock, monitor, wires, seen, held } = monitored();
    monitor.start();
    await clock.advanceAsync(5000);
    const before = seen.length;
    monitor.renew();
    monitor.renew(); // asked again each second until the new one is there
    await clock.advanceAsync(1);
    expect(held).toEqual([wires[0], wires[1]]);
    expect(wires.map(({ dropped }) => dropped)).toEqual([0, 0]);
    await clock.advanceAsync(10_000);
    expect(wires.map(({ dropped }) => dropped)).toEqual([1, 0]);
    expect(wires[1]?.asked).toBeGreaterThan(9);
    expect(seen).toHaveLength(before);
    monitor.renew();
    await clock.advanceAsync(1);
    wires[2]?.lose(); // the new one counts from now on, whatever the old one does
    await clock.advanceAsync(0);
    expect(seen.at(-1)).toBe('down: connection_lost');
    expect(wires[1]?.dropped).toBe(1);
    monitor.stop();
    expect(clock.pending).toBe(0);
  });

  it('keeps a good connection when no other can be had', async () => {
    let reachable = true;
    const { clock, monitor, wires, held } = monitored(() => reachable);
    monitor.start();
    await clock.advanceAsync(5000);
    reachable = false;
    monitor.renew();
    await clock.advanceAsync(5000);
    expect(monitor.view().state).toBe('up');
    expect(held).toEqual([wires[0]]);
    monitor.stop();
    expect(clock.pending).toBe(0);
  });

  it('dials on, more and more slowly, and says why it is down', async () => {
    let reachable = false;
    const { clock, monitor, wires } = monitored(() => reachable);
    monitor.start();
    await clock.advanceAsync(60_000);
    expect(monitor.view()).toMatchObject({ state: 'down', why: 'cloud_unreachable' });
    reachable = true;
    await clock.advanceAsync(5000);
    expect(wires).toHaveLength(1);
    monitor.stop();
  });

  it('stays away for as long as a drill lasts, says so, and comes back by itself', async () => {
    const { clock, monitor, wires, seen, held } = monitored();
    monitor.start();
    await clock.advanceAsync(5000);
    monitor.hold(120_000);
    expect(monitor.view()).toMatchObject({ state: 'down', why: 'drill', condition: 'drill' });
    expect(held.at(-1)).toBeUndefined();
    await clock.advanceAsync(119_000);
    expect(wires).toHaveLength(1);
    expect(monitor.heldMs()).toBe(1000);
    await clock.advanceAsync(1001);
    expect(wires).toHaveLength(2);
    expect(seen.at(-1)).toBe('probing: connected');
    expect(monitor.heldMs()).toBe(0);
    monitor.hold(60_000);
    monitor.hold(0);
    await clock.advanceAsync(1);
    expect(monitor.view().state).toBe('probing');
    monitor.stop();
    expect(clock.pending).toBe(0);
  });

  it('a drill that begins while it dials takes no connection', async () => {
    const { clock, monitor, wires } = monitored();
    monitor.start();
    monitor.hold(10_000);
    await clock.advanceAsync(9000);
    expect(wires.map(({ dropped }) => dropped)).toEqual([1]);
    expect(monitor.view()).toMatchObject({ why: 'drill', condition: 'drill' });
    monitor.stop();
  });

  it('a connection that the other end resets after a silence was half-open', async () => {
    const { clock, monitor, wires } = monitored();
    monitor.start();
    await clock.advanceAsync(5000);
    const [wire] = wires;
    if (!wire) throw new Error('never dialled');
    wire.answers = false;
    await clock.advanceAsync(2000);
    wire.lose();
    await clock.advanceAsync(0);
    expect(monitor.view()).toMatchObject({ state: 'down', condition: 'half_open' });
    monitor.stop();
  });

  it('a jump of the wall clock is told and changes nothing else', async () => {
    const { clock, monitor } = monitored();
    monitor.start();
    await clock.advanceAsync(5000);
    clock.jumpWall(-3_600_000);
    await clock.advanceAsync(2000);
    expect(monitor.view()).toMatchObject({ state: 'up', condition: 'clock_jump' });
    await clock.advanceAsync(60_000);
    expect(monitor.view().condition).toBeUndefined();
    expect(monitor.timeline().map(({ to }) => to)).toEqual(['probing', 'up']);
    monitor.stop();
  });

  it('a full stream is named until an event is acknowledged', async () => {
    const { clock, monitor } = monitored();
    monitor.start();
    await clock.advanceAsync(5000);
    monitor.note({ on: 'stream_full' });
    expect(monitor.view()).toMatchObject({ state: 'suspect', why: 'stream_full', condition: 'stream_full' });
    monitor.note({ on: 'acknowledged', tookMs: 3 });
    expect(monitor.view().condition).toBeUndefined();
    monitor.stop();
  });

  it('keeps a bounded timeline of a line that never holds', async () => {
    const { clock, monitor, wires } = monitored();
    monitor.start();
    for (let i = 0; i < 400; i++) {
      await clock.advanceAsync(6000);
      wires.at(-1)?.lose();
    }
    expect(monitor.timeline().length).toBe(256);
    monitor.stop();
  });

  it('stop while dialling leaves no connection behind', async () => {
    const { clock, monitor, wires } = monitored();
    monitor.start();
    monitor.stop();
    await clock.advanceAsync(10_000);
    expect(wires.map((wire) => wire.dropped)).toEqual([1]);
    expect(clock.pending).toBe(0);
  });

  it('without servers it stays down and says so', () => {
    const clock = new FakeClock();
    const monitor = new LinkMonitor<FakeWire>({
      dial: undefined,
      rules: { misses: 3, heartbeatMs: 1000, stableMs: 60_000 },
      clock,
      random: () => 0.5,
      log: { info: () => {}, warn: () => {} },
    });
    monitor.start();
    expect(monitor.view()).toMatchObject({ state: 'down', why: 'no_servers_configured' });
    expect(clock.pending).toBe(0);
  });
});
