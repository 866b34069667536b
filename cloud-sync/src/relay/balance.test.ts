/**
 * The balance of both ends in every state an event can have, with the real process and a real server that is killed under a backlog. The backlog is
 * small here; `KEEPLINE_BACKLOG=1000000 npx vitest run cloud-sync/src/relay/balance.test.ts` is the full one.
 */
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Hub, startHub } from '@keepline/testkit/nats-server';
import { type TempDir, tempDir } from '@keepline/testkit/temp-dir';
import { provision } from '../cloud/provision.ts';
import { Outbox } from '../outbox/outbox.ts';
import { madeEvent } from '../testing/made-event.ts';
import { cloudSide, idsInStream, type RunningSync, runSync } from '../testing/running-sync.ts';
import type { Reconciliation } from './reconcile.ts';

const BACKLOG = Number(process.env['KEEPLINE_BACKLOG'] ?? 12_000);
const EXPIRED = 500;
const LEAKS = 7;
const SLICE = 1000;

describe('produced = delivered + expired + quarantined + waiting', () => {
  let hub: Hub;
  let dir: TempDir;
  let outbox: Outbox;
  let sync: RunningSync | undefined;
  const asked = (): Promise<Reconciliation> => (sync ? sync.get<Reconciliation>('/reconcile') : Promise.reject(new Error('not started')));

  beforeAll(async () => {
    hub = await startHub({ site: 'demo' });
    dir = tempDir();
    const cloud = await cloudSide(hub);
    await provision(cloud, 'demo');
    cloud.drop();
    outbox = await Outbox.open(`${dir.path}/outbox.db`, { maxEvents: BACKLOG - EXPIRED });
  });
  afterAll(async () => {
    sync?.process.kill('SIGKILL');
    await sync?.exited;
    await outbox.close();
    await hub.close();
    dir.remove();
  });

  it('holds with both ends over a backlog, a server killed under it, a full outbox and events that must not leave', {
    timeout: 60_000 + BACKLOG,
  }, async () => {
    const leaving: string[] = [];
    for (let from = 0; from < BACKLOG; from += SLICE) {
      const made = Array.from({ length: SLICE }, (_, i) => {
        const event = madeEvent(from + i, (from + i) % 3 === 0 ? 'call.ended' : 'call.held');
        const leaks = from === 0 && i >= SLICE - LEAKS;
        return leaks ? Object.assign(event, { type: 'cn.keepline.call.ended.v1', data: { queue: '13800138000' } }) : event;
      });
      await outbox.append(made, from + SLICE);
      leaving.push(...made.map(({ id }) => id));
    }
    expect(await outbox.counts()).toMatchObject({ produced: BACKLOG, expired: EXPIRED, waiting: BACKLOG - EXPIRED });

    sync = await runSync({ folder: dir.path, hub });
    await expect.poll(async () => (await outbox.backlog()).delivered, { timeout: 30_000, interval: 5 }).toBeGreaterThan(0);
    await hub.kill();
    expect(await asked()).toMatchObject({ verdict: 'one_sided', unaccounted: 0 });
    await hub.start();
    const waiting = async (): Promise<number> => (await outbox.backlog()).waiting;
    await expect.poll(waiting, { timeout: 30_000 + BACKLOG, interval: 50 }).toBe(0);

    const delivered = BACKLOG - EXPIRED - LEAKS;
    await expect.poll(asked).toMatchObject({
      verdict: 'balanced',
      counts: { produced: BACKLOG, delivered, ledger: delivered, expired: EXPIRED, quarantined: LEAKS, waiting: 0 },
      stream: delivered,
      difference: 0,
    });
    const cloud = await cloudSide(hub);
    const arrived = await idsInStream(cloud);
    cloud.drop();
    const there = new Set(arrived);
    expect(there.size).toBe(arrived.length);
    expect(arrived).toEqual(leaving.filter((id) => there.has(id))); // in order, only fewer
    expect(sync.log()).not.toContain('13800138000');
  });

  it('fails when the days of the ledger, or the stream, say something else', async () => {
    const file = new DatabaseSync(`${dir.path}/outbox.db`);
    file.exec('UPDATE egress SET events = events - 2 WHERE events > 2');
    expect(await asked()).toMatchObject({ verdict: 'unbalanced' });
    file.exec('UPDATE egress SET events = events + 2 WHERE events > 0');
    expect(await asked()).toMatchObject({ verdict: 'balanced' });
    // As if one message of the stream were not ours.
    file.exec("UPDATE egress SET events = events - 1 WHERE type LIKE '%.held.%' AND day = (SELECT max(day) FROM egress)");
    file.exec('UPDATE progress SET delivered = delivered - 1, produced = produced - 1');
    expect(await asked()).toMatchObject({ verdict: 'unbalanced', unaccounted: 0, difference: 1 });
    file.close();
  });
});
