/** The echo of a site, called as `./keepline doctor` calls it: real SIP and RTP through a real gateway, which records nothing of it and remembers no call. */
import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { listRecordings } from '@keepline/testkit/recordings';
import { OwnSite } from '@keepline/testkit/site';
import { Softphone } from '@keepline/testkit/softphone';
import { tempDir } from '@keepline/testkit/temp-dir';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from './source-files.ts';

const CLI = join(ROOT, 'gateway/src/echo-call-cli.ts');
const home = tempDir();
let site: OwnSite;
let siteFile: string;

beforeAll(async () => {
  site = await OwnSite.start(home.path);
  siteFile = join(home.path, 'site.yaml');
}, 120_000);
afterAll(async () => {
  await site.close();
  home.remove();
}, 60_000);

describe('the echo of a site', () => {
  it('gives back what it hears, packet for packet, and the way is measured', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [CLI, '--site', siteFile, '--seconds', '2']);
    const { answerMs, sent, received, roundTripMs, mos } = JSON.parse(stdout) as Record<string, number>;
    expect(sent).toBe(100);
    expect(received).toBeGreaterThan(90); // the machine may be busy; doctor judges, this test only asks that sound comes back
    expect([answerMs, roundTripMs, mos].every((figure) => typeof figure === 'number' && figure > 0)).toBe(true);
    expect(await listRecordings(home.path)).toEqual([]);
  }, 60_000);

  it('is a thing of four calls at once', async () => {
    const phone = await Softphone.open();
    try {
      const calls = [];
      for (let i = 0; i < 4; i++) {
        const call = await phone.place(site.place.sip, '*43');
        await call.answered;
        calls.push(call);
      }
      const fifth = await phone.place(site.place.sip, '*43');
      await fifth.answered.catch(() => {}); // what it was answered is compared
      expect(fifth.status).toBe(486);
      for (const call of calls) await call.hangup();
    } finally {
      await phone.close();
    }
  }, 60_000);

  it('refuses a length that measures nothing', () => {
    const done = spawnSync(process.execPath, [CLI, '--site', siteFile, '--seconds', '1'], { encoding: 'utf8' });
    expect([done.status, done.stderr]).toEqual([2, expect.stringContaining('usage:')]);
  });
});
