/** The policy commands as their own process, against a real data folder with keys and an audit log. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { systemClock as clock } from '@keepline/contracts/clock';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BUILT_IN, policyHash } from './anonymise/policy-document.ts';
import { PolicySource } from './anonymise/policy-store.ts';
import { AuditLog } from './audit/audit-log.ts';
import { openKeyStore } from './keys/key-store.ts';

let data: string;
const stricter = { ...BUILT_IN, version: 2, note: 'no lines', events: structuredClone(BUILT_IN.events) };
const offered = stricter.events['call.offered'];
if (offered) offered['dialledNumber'] = { class: 'C2', leaves: 'nothing' };

async function run(...args: string[]): Promise<{ status: number; out: string; err: string }> {
  const script = join(import.meta.dirname, 'policy-cli.ts');
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [script, ...args, '--data', data]);
    return { status: 0, out: stdout, err: stderr };
  } catch (fault) {
    const { code, stdout, stderr } = fault as { code: number; stdout: string; stderr: string };
    return { status: code, out: stdout, err: stderr };
  }
}
async function file(content: unknown): Promise<string> {
  const path = join(data, 'given.json');
  await writeFile(path, JSON.stringify(content));
  return path;
}

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'keepline-policy-'));
  const keys = await openKeyStore(join(data, 'keys'), { site: 'demo', clock });
  await (await AuditLog.open({ dir: join(data, 'audit'), signer: keys.auditSigner(), clock, onFault: () => undefined })).close();
});
afterEach(() => rm(data, { recursive: true }));

/** Six processes one after another, each of which starts Node. */
const PATIENCE_MS = 120_000;

describe('anonymise policy', { timeout: PATIENCE_MS }, () => {
  it('shows what leaves in both languages, and as the document that use takes', async () => {
    expect((await run('show', '--lang', 'en')).out).toMatch(/callerNumber +C2 {2}a pseudonym/);
    expect((await run('show', '--lang', 'zh')).out).toMatch(/note +C3 {2}不出站/);
    expect(JSON.parse((await run('show', '--json')).out)).toEqual(BUILT_IN);
  });

  it('puts a policy in force for a running reader, keeps it, and records both hashes before', async () => {
    const running = new PolicySource(data, (fault) => expect(fault).toBeUndefined());
    expect(running.current().source).toBe('built-in');
    const { status, out } = await run('use', await file(stricter), '--json', '--purpose', 'fewer lines');
    expect(status).toBe(0);
    const after = policyHash(stricter);
    expect(JSON.parse(out)).toEqual({ version: 2, before: policyHash(BUILT_IN), after });
    expect(running.current()).toEqual({ document: stricter, hash: after, source: 'site' });
    const entries = await readFile(join(data, 'audit', 'entries.jsonl'), 'utf8');
    expect(entries.match(/"act":"policy.change".*"outcome":"(?:intent|done)"/g)).toHaveLength(2);
    expect(entries).toContain(`policy:${policyHash(BUILT_IN).slice(0, 48)}:${after.slice(0, 48)}`);
    expect((await run('history')).out).toContain(after);
  });

  it('refuses what its class forbids, what is older, and what was changed by hand', async () => {
    const lax = structuredClone(stricter);
    const fields = lax.events['call.offered'];
    if (fields) fields['callerNumber'] = { class: 'C2', leaves: 'itself' };
    expect(await run('use', await file(lax))).toMatchObject({ status: 1, err: expect.stringContaining('POLICY_UNLAWFUL') });
    expect(await run('check', await file({}))).toMatchObject({ status: 1, err: expect.stringContaining('POLICY_INVALID') });
    expect(await run('use', await file(BUILT_IN))).toMatchObject({ status: 1, err: expect.stringContaining('POLICY_VERSION_STALE') });
    expect((await run('use', await file(stricter))).status).toBe(0);
    const name = (await readFile(join(data, 'policy', 'in-force'), 'utf8')).trim();
    await writeFile(join(data, 'policy', name), JSON.stringify({ ...stricter, note: 'forged' }));
    expect(await run('show')).toMatchObject({ status: 1, err: expect.stringContaining('POLICY_UNREADABLE') });
    expect((await run('use', await file({ ...stricter, version: 3 }))).status).toBe(0);
  });
});
