/** The pool with real worker threads: the edge's own, and one that ends at once. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { systemClock } from '@keepline/contracts/clock';
import type { KeeplineError } from '@keepline/contracts/errors';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { freeUdpRange } from '@keepline/testkit/free-port';
import { describe, expect, it, vi } from 'vitest';
import { CallOnEdge } from './call-on-edge.ts';
import { PortPool } from './port-pool.ts';
import { PromptStore } from './prompt-store.ts';
import { QualityBoard } from './quality-board.ts';
import { WorkerPool } from './worker-pool.ts';

const wait = { timeout: 30_000, interval: 10 };
const settings = { prompts: new Map([['music', new Uint8Array(1600)]]), rtpTimeoutMs: 30_000, reorderMs: 60 };

describe('the RTP worker threads', () => {
  it('share the calls; one that dies ends its calls as lost, is reported, and another takes its place', async () => {
    const faults: KeeplineError[] = [];
    const pool = new WorkerPool({ workers: 2, settings, clock: systemClock, onFault: (fault) => faults.push(fault) });
    const store = await PromptStore.load('/nowhere', 'zh');
    const portMin = await freeUdpRange(20);
    const options = { address: '127.0.0.1', rtpPortMin: portMin, rtpPortMax: portMin + 19, workers: 2, rtpTimeoutMs: 1, reorderMs: 1 };
    const parts = {
      options: { ...options, promptDir: '', language: 'zh', onFault() {} } as const,
      ports: new PortPool(portMin, portMin + 19),
      store,
      clock: systemClock,
      board: new QualityBoard({ mosAlarm: 0, onAlarm() {} }),
    };
    const [first, second] = [pool.leastLoaded(), pool.threads[1]];
    const call = new CallOnEdge(parts, 'call-1', first);
    expect(pool.leastLoaded()).toBe(second);
    const other = new CallOnEdge(parts, 'call-2', pool.leastLoaded());
    const [leg, unharmed] = [await call.openLeg('caller'), await other.openLeg('caller')];
    const [lost, otherLost] = [vi.fn<() => void>(), vi.fn<() => void>()];
    leg.onLost(lost);
    unharmed.onLost(otherLost);
    const asked = leg.quality();
    const playing = leg.play([]);

    await Promise.all([first.terminate(), expect(asked.then(() => leg.quality())).rejects.toMatchObject({ code: 'MEDIA_WORKER_DIED' })]);
    await vi.waitFor(() => expect(lost).toHaveBeenCalledTimes(1), wait);
    expect(['finished', 'stopped']).toContain(await playing);
    expect(faults.map((fault) => fault.code)).toEqual(['MEDIA_WORKER_DIED']);
    expect(await call.close()).toEqual({});
    expect(parts.ports.inUse).toBe(1);
    expect(otherLost).not.toHaveBeenCalled();
    expect((await unharmed.quality()).packets).toBe(0);

    expect(pool.threads).toHaveLength(2);
    const next = new CallOnEdge(parts, 'call-3', pool.leastLoaded());
    expect((await next.openLeg('caller')).port).toBeGreaterThan(0);
    await Promise.all([next.close(), other.close()]);
    expect(parts.ports.inUse).toBe(0);
    await pool.close();
    expect(() => pool.leastLoaded()).toThrow(/the gateway is closing/);
  });

  it('that hang are seen, ended and replaced: their calls are told, new ones go to others meanwhile', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'keepline-worker-'));
    const real = new URL('./edge-worker.ts', import.meta.url).href;
    writeFileSync(
      join(folder, 'hangs.mjs'),
      `import { parentPort } from 'node:worker_threads'; await import('${real}'); parentPort.on('message', (said) => { if (said.do === 'mute') for (;;); });`,
    );
    const faults: KeeplineError[] = [];
    const clock = new FakeClock();
    const entry = pathToFileURL(join(folder, 'hangs.mjs'));
    const pool = new WorkerPool({ workers: 2, settings, clock, onFault: (fault) => faults.push(fault), entry });
    const store = await PromptStore.load('/nowhere', 'zh');
    const portMin = await freeUdpRange(20);
    const options = { address: '127.0.0.1', rtpPortMin: portMin, rtpPortMax: portMin + 19, workers: 2, rtpTimeoutMs: 1, reorderMs: 1 };
    const parts = {
      options: { ...options, promptDir: '', language: 'zh', onFault() {} } as const,
      ports: new PortPool(portMin, portMin + 19),
      store,
      clock,
      board: new QualityBoard({ mosAlarm: 0, onAlarm() {} }),
    };
    const hung = pool.leastLoaded();
    const call = new CallOnEdge(parts, 'call-1', hung);
    const leg = await call.openLeg('caller');
    const lost = vi.fn<() => void>();
    leg.onLost(lost);
    const [, unharmed] = pool.threads;
    // Real threads turn by real time, so each look of the fake clock waits until the unharmed one has turned.
    const look = async (): Promise<void> => {
      const turns = unharmed?.pulse.turns ?? 0;
      await vi.waitFor(() => expect(unharmed?.pulse.turns).toBeGreaterThan(turns + 1), wait);
      clock.advance(1000);
    };
    await look();
    expect(hung.pulse.missed).toBe(0);
    leg.mute(true); // the fault
    for (let looks = 0; looks < 6 && lost.mock.calls.length === 0; looks++) {
      await look();
      if (hung.pulse.missed > 0) expect(pool.leastLoaded()).not.toBe(hung);
    }
    await vi.waitFor(() => expect(lost).toHaveBeenCalledTimes(1), wait);
    expect(faults).toMatchObject([{ code: 'MEDIA_WORKER_DIED', message: expect.stringMatching(/it hung for 4 s/) }]);
    expect(await call.close()).toEqual({});
    expect(pool.threads).toHaveLength(2);
    expect(unharmed?.fault).toBeUndefined();
    await pool.close();
    rmSync(folder, { recursive: true });
  });

  it('are given up when they keep ending, and a call is refused instead of lost', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'keepline-worker-'));
    writeFileSync(join(folder, 'ends.mjs'), 'throw new Error("no luck");');
    const faults: KeeplineError[] = [];
    const entry = pathToFileURL(join(folder, 'ends.mjs'));
    const pool = new WorkerPool({ workers: 1, settings, clock: systemClock, onFault: (fault) => faults.push(fault), entry });
    await vi.waitFor(() => expect(faults.at(-1)?.code).toBe('MEDIA_UNAVAILABLE'), wait);
    expect(faults.filter((fault) => fault.code === 'MEDIA_WORKER_DIED')).toHaveLength(6);
    expect(faults[0]?.message).toMatch(/no luck/);
    expect(() => pool.leastLoaded()).toThrow(/they keep ending/);
    await pool.close();
    rmSync(folder, { recursive: true });
  });
});
