/** The relay as a real process against a real hub that is stopped, killed, frozen, while the relay itself is killed: decision D8. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Hub, startHub } from '@keepline/testkit/nats-server';
import { type TempDir, tempDir } from '@keepline/testkit/temp-dir';
import { provision } from '../cloud/provision.ts';
import type { Counts } from '../outbox/counts.ts';
import { madeEvent } from '../testing/made-event.ts';
import { Outbox } from '../outbox/outbox.ts';
import { cloudSide, idsInStream, type RunningSync, runSync } from '../testing/running-sync.ts';

/** Mulberry32: a small seeded generator, so that a failing order of faults can be played again. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('exactly once and in order', () => {
  let hub: Hub;
  let dir: TempDir;
  let sync: RunningSync | undefined;
  let outbox: Outbox;

  beforeAll(async () => {
    dir = tempDir();
    hub = await startHub({ site: 'demo' });
    const cloud = await cloudSide(hub);
    // The shortest window the server takes: whatever is right here is right without the server's de-duplication.
    await provision(cloud, 'demo', { duplicateWindowMs: 100 });
    cloud.drop();
    outbox = await Outbox.open(`${dir.path}/outbox.db`, { maxEvents: 1_000_000 });
  });
  afterAll(async () => {
    sync?.process.kill('SIGKILL');
    await sync?.exited;
    await outbox.close();
    await hub.close();
    dir.remove();
  });

  it.for([1, 2, 3])(
    'over stops, kills and freezes of the hub and kills of the relay (nats-server#7796, seed %i)',
    { timeout: 300_000 },
    async (seed) => {
      const random = seeded(seed);
      const produced: string[] = [];
      const before = await outbox.cursor();
      let appending = true;
      const producer = (async () => {
        while (appending) {
          const made = Array.from({ length: 1 + Math.floor(random() * 60) }, (_, i) => madeEvent(before + produced.length + i));
          produced.push(...made.map((event) => event.id));
          await outbox.append(made, before + produced.length);
          await pause(random() * 8);
        }
      })();
      sync ??= await runSync({ folder: dir.path, hub });
      for (let round = 0; round < 8; round++) {
        await pause(30 + random() * 250);
        const dice = random();
        if (dice < 0.2) {
          // What the dead relay had sent lies in the server's buffers and is read while the new one asks where the stream stands.
          await hub.freeze();
          await pause(random() * 100);
          sync.process.kill('SIGKILL');
          await sync.exited;
          const starting = runSync({ folder: dir.path, hub });
          await pause(random() * 900);
          await hub.thaw();
          sync = await starting;
        } else if (dice < 0.4) {
          sync.process.kill('SIGKILL');
          await sync.exited;
          sync = await runSync({ folder: dir.path, hub });
        } else if (dice < 0.55) {
          await hub.stop();
          await pause(random() * 300);
          await hub.start();
        } else if (dice < 0.75) {
          await hub.kill();
          await pause(random() * 300);
          await hub.start();
        } else {
          await hub.freeze();
          await pause(random() * 900);
          await hub.thaw();
        }
      }
      appending = false;
      await producer;
      const running = sync;
      await expect.poll(() => running.get<Counts>('/counts').then((counts) => counts.waiting), { timeout: 60_000, interval: 100 }).toBe(0);
      const cloud = await cloudSide(hub);
      const arrived = await idsInStream(cloud);
      cloud.drop();
      expect(produced.length).toBeGreaterThan(500);
      expect(new Set(arrived).size).toBe(arrived.length);
      expect(arrived.slice(-produced.length)).toEqual(produced);
      expect(arrived.length).toBe(before + produced.length);
      expect(await running.get('/counts')).toMatchObject({
        produced: arrived.length,
        delivered: arrived.length,
        expired: 0,
        unaccounted: 0,
      });
    },
  );
});
