/** Four eyes from the command line: real processes, the real door, a real database and key store. */
import { spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openKeyStore } from '@keepline/compliance/keys';
import { APPROVAL_ACTS } from '@keepline/contracts/approvals';
import { systemClock } from '@keepline/contracts/clock';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSite, type TestSite } from './api/testing/open-site.ts';
import { enrolled, type Person } from './api/testing/people.ts';

let site: TestSite;
let sys: Person;
let sec: Person;
beforeEach(async () => {
  site = await openSite({ settings: { fourEyes: [...APPROVAL_ACTS], sessionsPerUser: 5 } });
  await openKeyStore(join(site.folder, 'keys'), { site: 'test', clock: systemClock });
  sys = await enrolled(site, 'sys', ['system_admin']);
  sec = await enrolled(site, 'sec', ['security_admin']);
}, 60_000);
afterEach(() => site.close());

interface Ended {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}
function command(script: string, args: readonly string[], input = ''): Promise<Ended> {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const child = spawn(process.execPath, [path, ...args, '--data', site.folder], { stdio: 'pipe' });
  const said = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => (said.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said.err += chunk.toString()));
  child.stdin.end(input);
  return new Promise((done, reject) => {
    child.once('error', reject);
    child.once('close', (code) => done({ status: code ?? -1, ...said }));
  });
}
/** A recovery code each time: the same code of an authenticator app is not taken twice. */
let used = 0;
const approvals = (person: Person, ...args: string[]) =>
  command(
    './approvals-cli.ts',
    [...args, '--as', person.id, '--url', site.origin, '--json'],
    `${person.password}\n${person.recoveryCodes[used++]}\n`,
  );
const idIn = ({ out }: Ended): string => /apr-[0-9a-f-]{36}/.exec(out)?.[0] ?? '';

describe('four eyes at the console', { timeout: 120_000 }, () => {
  it('let a key out only after another account has approved it, once, and tell the next step', async () => {
    const out = join(site.folder, 'identity.txt');
    const exportKey = (file: string, ...more: string[]) =>
      command('./approved-keys-cli.ts', ['export', 'recording-identity', '--out', file, ...more]);
    const refused = await exportKey(out);
    expect([refused.status, existsSync(out)]).toEqual([1, false]);
    expect(refused.err).toMatch(/APPROVAL_NEEDED[^]*approvals request key\.export --object key:recording-identity/);

    const asked = await approvals(sys, 'request', 'key.export', '--object', 'key:recording-identity', '--purpose', 'yearly escrow');
    expect([asked.status, asked.err]).toEqual([0, '']);
    const id = idIn(asked);
    expect((await exportKey(out, '--approval', id)).err).toContain('APPROVAL_REFUSED');
    expect((await approvals(sys, 'approve', id)).err).toContain('PERMISSION_REFUSED');
    expect((await approvals(sec, 'approve', id, '--reason', 'both present')).status).toBe(0);
    expect((await command('./approved-keys-cli.ts', ['escrow', '--recipient', 'age1x', '--out', out, '--approval', id])).err).toContain(
      'for something else',
    );

    expect(await exportKey(out, '--approval', id)).toMatchObject({ status: 0, err: '' });
    expect(existsSync(out)).toBe(true);
    expect((await exportKey(`${out}2`, '--approval', id)).err).toContain('APPROVAL_REFUSED');
    expect(existsSync(`${out}2`)).toBe(false);
    const listed = await approvals(sec, 'list');
    expect(JSON.parse(listed.out)).toMatchObject([
      { id, state: 'used', requestedBy: 'sys', decidedBy: 'sec', usedBy: expect.stringMatching(/^os:/) },
    ]);
  });

  it('hold for a policy, a recording and what is deleted, whatever site file the command is shown', async () => {
    const policy = join(site.folder, 'policy.json');
    const current = await command('../../compliance/src/policy-cli.ts', ['show', '--json']);
    writeFileSync(policy, current.out);
    const other = join(site.folder, 'other.yaml');
    writeFileSync(other, 'identity: { fourEyes: [] }\n');
    const rec = 'rec-018f0000-0000-7000-8000-000000000001';
    const call = 'call-018f0000-0000-7000-8000-000000000001';
    for (const each of [
      await command('./approved-policy-cli.ts', ['use', policy]),
      await command('./recordings-cli.ts', ['export', rec]),
      await command('./retention-cli.ts', ['run', '--site', other]),
      await command('./retention-cli.ts', ['ended', call, '--on', '2026-01-02', '--site', other]),
      await command('./retention-cli.ts', ['hold', 'remove', 'hold-018f0000-0000-7000-8000-000000000001', '--site', other]),
      await command('./subject-cli.ts', ['export', '--number', '13812345678', '--recipient', 'age1x', '--out', other, '--site', other]),
      await command('./subject-cli.ts', ['delete', '--number', '13812345678', '--site', other]),
    ])
      expect([each.status, each.err.split(':', 1)[0]]).toEqual([1, 'APPROVAL_NEEDED']);
  });
});
