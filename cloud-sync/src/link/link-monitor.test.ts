import { describe, expect, it } from 'vitest';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { KeeplineError } from '@keepline/contracts/errors';
import { LinkMonitor, type Wire } from './link-monitor.ts';

class FakeWire implements Wire {
  answers = true;
  dropped = 0;
  readonly #over = Promise.withResolvers<string>();
  readonly closed = this.#over.promise;
  ping(): Promise<void> {
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
  it('notices a black hole within four heartbeats, replaces the connection and dials again', async () => {
    const { clock, monitor, wires, seen, held } = monitored();
    monitor.start();
    await clock.advanceAsync(5000);
    expect(monitor.view().state).toBe('up');
    const [first] = wires;
    if (!first) throw new Error('never dialled');
    first.answers = false;
    await clock.advanceAsync(4000);
    expect(seen.slice(-2)).toEqual(['suspect: heartbeat_missed', 'down: heartbeats_missed']);
    expect(first.dropped).toBe(1);
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
