/**
 * A rehearsed outage of a whole site under calls: the command a bank runs, its signed report, and what it says against what really happened.
 */
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { callAndChoose, hears } from '@keepline/testkit/customer';
import { eventually } from '@keepline/testkit/eventually';
import { eventsOf } from '@keepline/testkit/site-database';
import { Softphone } from '@keepline/testkit/softphone';
import { PHONE_AGENT_HZ, staffedSite, type StaffedSite } from '@keepline/testkit/staffed-site';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** The longest a site may set. */
const ADVICE_MS = 2000;

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}
function keepline(...args: string[]): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(process.execPath, [join(ROOT, 'installer/src/launcher/main.ts'), 'cloud', 'drill', ...args], (fault, stdout, stderr) =>
      resolve({ code: typeof fault?.code === 'number' ? fault.code : fault ? -1 : 0, stdout, stderr }),
    );
  });
}

describe('a drill', () => {
  let house: StaffedSite;
  let phone: Softphone;
  const data = (): string => house.site.place.data;
  const talk = async (): Promise<void> => {
    const before = house.answered.length;
    const call = await callAndChoose(phone, house.site);
    await eventually('an agent answered', () => house.answered.length > before);
    await hears(call, PHONE_AGENT_HZ);
    await call.hangup();
  };
  const drilled = async (): Promise<boolean> =>
    (await eventsOf(data())).some(({ type, data: { why } }) => type === 'link.changed' && why === 'drill');
  const isUp = async (): Promise<boolean> => {
    const changes = (await eventsOf(data())).filter(({ type }) => type === 'link.changed');
    return changes.at(-1)?.data['to'] === 'up';
  };

  beforeAll(async () => {
    house = await staffedSite(4, { cloud: { heartbeatMs: 300, stableSeconds: 1 }, advice: { deadlineMs: ADVICE_MS } });
    phone = await Softphone.open();
    await eventually('the link is up', isUp, 30_000);
    await talk();
  }, 120_000);
  afterAll(async () => {
    await phone?.close();
    await house?.close();
  }, 120_000);

  it('cuts the link while calls go on, comes back, and writes a report that verifies and holds', { timeout: 180_000 }, async () => {
    const file = join(data(), 'drill.note');
    const running = keepline('--seconds', '8', '--data', data(), '--out', file, '--json', '--purpose', 'rehearsal');
    await eventually('the drill has begun', drilled, 30_000);
    await talk();
    await talk();
    const { code, stdout, stderr } = await running;
    expect(stderr).not.toContain('_');
    expect(code).toBe(0);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({
      site: house.site.place.site,
      passed: true,
      plannedSeconds: 8,
      calls: { refused: 0, lost: 0, unrecorded: 0 },
      events: { expired: 0, quarantined: 0 },
      reconciliation: { verdict: 'balanced' },
    });
    expect(report.calls.offered).toBeGreaterThanOrEqual(2);
    expect(report.calls.answered).toBeGreaterThanOrEqual(2);
    expect(report.link.detectedMs).toBeLessThanOrEqual(5000);
    expect(report.link.shownMs).toBeLessThanOrEqual(2000);
    // With the link known to be down nobody waits for advice: whoever did would have waited for the whole deadline.
    expect(report.routingDelay.withoutLink.max).toBeLessThan(ADVICE_MS);

    const verified = await keepline('verify', file, '--data', data(), '--json');
    expect(verified).toMatchObject({ code: 0 });
    expect(JSON.parse(verified.stdout)).toMatchObject({ passed: true, events: report.events });
    const forged = join(data(), 'forged.note');
    writeFileSync(forged, readFileSync(file, 'utf8').replace('"lost":0', '"lost":7'));
    expect(await keepline('verify', forged, '--data', data())).toMatchObject({ code: 1 });
    expect((await keepline('--seconds', '8', '--data', data(), '--out', file)).stderr).toContain('DRILL_REPORT_EXISTS');
  });

  it('ends at once when asked, and is bounded', { timeout: 120_000 }, async () => {
    await eventually('the link is up', isUp, 30_000);
    const long = keepline('--minutes', '200', '--data', data(), '--out', join(data(), 'stopped.note'));
    await eventually('the link is cut', async () => !(await isUp()), 30_000);
    expect(await keepline('--stop', '--data', data())).toMatchObject({ code: 0 });
    await eventually('the link is back', isUp, 30_000);
    expect((await long).stdout).toContain('drill report v1');
    expect((await keepline('--minutes', '241', '--data', data())).code).toBe(2);
  });
});
