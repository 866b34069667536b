/** Rotation by the command, beside a process that has the site open as the gateway has. */
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decryptBytes, newIdentity, recipientOf } from '@keepline/compliance/age';
import { AuditLog } from '@keepline/compliance/audit';
import { verifyAuditLog } from '@keepline/compliance/audit-verify';
import { KEY_ROTATIONS, ROTATED } from '@keepline/compliance/key-rotations';
import { type KeyStore, openKeyStore } from '@keepline/compliance/keys';
import { rootSecrets } from '@keepline/compliance/root-secrets';
import { systemClock as clock } from '@keepline/contracts/clock';
import { type TempDir, tempDir } from '@keepline/testkit/temp-dir';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { siteCertificate } from './certificate/site-certificate.ts';
import { Seal } from './identity/seal.ts';
import { SealedColumns } from './store/columns.ts';
import { Store } from './store/store.ts';
import { allTables } from './store/tables/all.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SECRET = Buffer.from('twenty bytes of key!');
let folder: TempDir;
let data = '';
let store: Store;
let keys: KeyStore;
const run = (script: string, ...args: string[]): SpawnSyncReturns<string> =>
  spawnSync(process.execPath, [join(ROOT, script), ...args], {
    encoding: 'utf8',
    env: { ...process.env, CREDENTIALS_DIRECTORY: folder.path },
  });
const rotate = (...args: string[]) => run('gateway/src/rotate-keys-cli.ts', 'rotate', ...args, '--data', data, '--json');
const rootRecord = () => JSON.parse(readFileSync(join(data, 'keys/root.json'), 'utf8')) as Record<string, unknown>;
const keyFiles = (): string[] => readdirSync(join(data, 'keys')).toSorted();

beforeAll(async () => {
  folder = tempDir();
  data = join(folder.path, 'site');
  mkdirSync(data);
  writeFileSync(join(data, 'site.yaml'), 'queues:\n  - name: service\n');
  await openKeyStore(join(data, 'keys'), { site: 'demo', clock });
  writeFileSync(join(folder.path, 'keepline-root'), 'a credential as systemd gives it at each start\n');
  const initialised = run('compliance/src/keys-cli.ts', 'init', '--root', 'credential', '--data', data);
  if (initialised.status !== 0) throw new Error(initialised.stderr);
  const secrets = rootSecrets({ CREDENTIALS_DIRECTORY: folder.path });
  keys = await openKeyStore(join(data, 'keys'), { site: 'demo', clock, secrets });
  store = await Store.open(join(data, 'main.db'), allTables, { columns: await SealedColumns.open(() => keys.columnKeys()) });
  await siteCertificate(join(data, 'keys'), '127.0.0.1', clock.now());
  const seal = new Seal(() => keys.identityKeys());
  await store.write(async (tx) => {
    const sql = `INSERT INTO second_factors (factor_id, user_id, kind, label, credential_id, material, counter, drift_steps, created_at_ms, used_at_ms) VALUES (?, 'li', ?, '', NULL, ?, 0, 0, 0, 0)`;
    await tx.run(sql, 'fac-1', 'totp', seal.close(SECRET, 'li'));
    await tx.run(sql, 'fac-2', 'passkey', Buffer.from('a public key, not sealed'));
  });
});
afterAll(async () => {
  await store.close();
  folder.remove();
});

describe('rotation of every key', () => {
  it('is explained before it is done, every key with what becomes of the former', () => {
    const before = keyFiles();
    const planned = rotate('--dry-run');
    expect({ status: planned.status, said: planned.stderr }).toEqual({ status: 0, said: '' });
    expect(JSON.parse(planned.stdout)).toEqual(KEY_ROTATIONS);
    expect(KEY_ROTATIONS.map(({ key }) => key)).toEqual(expect.arrayContaining([...ROTATED]));
    for (const wrong of [[], ['--all', 'column']]) expect(rotate(...wrong).status).toBe(2);
    expect(keyFiles()).toEqual(before);
  }, 60_000);

  it('changes all of them while another process goes on, and leaves nothing unreadable', async () => {
    const log = await AuditLog.open({
      ...{ dir: join(data, 'audit'), signer: keys.auditSigner(), clock, onFault: () => {} },
      refreshSigner: () => keys.refreshSigner(),
    });
    const before = {
      recipient: keys.recordingRecipient(),
      column: (await keys.columnKeys()).current.id,
      accounts: keys.identityKey(),
      pseudonym: keys.pseudonymKey(),
      audit: keys.auditSigner().verifierKey,
      tls: new X509Certificate(readFileSync(join(data, 'keys/site.pem'))).fingerprint256,
      root: rootRecord(),
    };
    const material = async (id: string): Promise<Buffer> =>
      (await store.read.get<{ material: Buffer }>('SELECT material FROM second_factors WHERE factor_id = ?', id))?.material ??
      Buffer.alloc(0);
    const sealedBefore = await material('fac-1');

    const done = rotate('--all', '--wait-seconds', '0', '--purpose', 'planned');
    if (done.status !== 0) throw new Error(done.stderr);
    const report = JSON.parse(done.stdout) as Record<string, Record<string, unknown>>;
    expect(Object.keys(report)).toEqual([...ROTATED]);
    await keys.refresh(); // this process opened the store under the former store key
    expect(report['store']?.['resealed']).toEqual(expect.arrayContaining(['column.key', 'audit.signer']));
    expect(rootRecord()['storeKey']).not.toBe(before.root['storeKey']);
    expect(rootRecord()).not.toHaveProperty('former');
    expect(keys.recordingRecipient()).toBe(report['recording']?.['recipient']);
    expect(keys.recordingRecipient()).not.toBe(before.recipient);
    expect(report['column']).toMatchObject({ retired: [before.column] });
    expect(report['accounts']).toMatchObject({ resealed: 1 });
    expect(keys.identityKeys()).toHaveLength(1);
    expect(keys.identityKey().equals(before.accounts)).toBe(false);
    expect((await material('fac-1')).equals(sealedBefore)).toBe(false);
    expect(new Seal(() => keys.identityKeys()).open(await material('fac-1'), 'li')).toEqual(SECRET);
    expect((await material('fac-2')).toString()).toBe('a public key, not sealed');
    expect(await keys.pseudonymKeys()).toEqual([keys.pseudonymKey(), before.pseudonym]);
    expect(report['tls']?.['fingerprint']).toBe(new X509Certificate(readFileSync(join(data, 'keys/site.pem'))).fingerprint256);
    expect(report['tls']?.['fingerprint']).not.toBe(before.tls);

    const facts = { who: 'gateway', role: 'system', from: 'local', object: '', purpose: '', correlation: 'act-9' } as const;
    await log.append({ ...facts, act: 'recording.list', outcome: 'intent' });
    await log.close();
    const { verifierKey } = keys.auditSigner();
    expect(verifierKey).toContain(` ${before.audit}@`);
    expect(await verifyAuditLog(join(data, 'audit'), verifierKey)).toMatchObject({ ok: true });
    expect(
      keyFiles().filter((name) => /\.(draft|[0-9a-f]{8})$/.test(name) && !/^(audit\.handover|recording|pseudonym)/.test(name)),
    ).toEqual([]);

    // an auditor who has the first key and the notes, on a machine without the site
    const notes = keyFiles()
      .filter((name) => name.startsWith('audit.handover.'))
      .map((name) => join(data, 'keys', name));
    const followed = run('compliance/src/keys-cli.ts', 'follow', '--key', before.audit, ...notes);
    expect(followed.stdout.trim()).toBe(verifierKey);
    const verified = run('compliance/src/audit-cli.ts', 'verify', '--data', data, '--key', followed.stdout.trim(), '--json');
    expect(JSON.parse(verified.stdout)).toMatchObject({ ok: true });
    const alone = run('compliance/src/audit-cli.ts', 'verify', '--data', data, '--key', before.audit, '--json');
    expect(alone.status).toBe(1);
    expect(run('compliance/src/keys-cli.ts', 'follow', '--key', before.audit, join(data, 'site.yaml')).stderr).toContain(
      'KEY_HANDOVER_INVALID',
    );
  }, 120_000);

  it('leaves an escrow file that opens everything on another machine, as docs/runbook/key-lost.md says, without the root', async () => {
    const offline = await newIdentity();
    const file = join(folder.path, 'escrow.age');
    const made = run('compliance/src/keys-cli.ts', 'escrow', '--recipient', await recipientOf(offline), '--out', file, '--data', data);
    if (made.status !== 0) throw new Error(made.stderr);
    const { keys: kept } = JSON.parse((await decryptBytes(readFileSync(file), offline)).toString('utf8')) as {
      keys: Record<string, { kind: string; created: string; key: string }>;
    };
    const other = join(folder.path, 'other');
    mkdirSync(other, { mode: 0o700 });
    for (const [name, { kind, created, key }] of Object.entries(kept))
      writeFileSync(join(other, name), `# kind: ${kind}\n# created: ${created}\n${key}\n`, { mode: 0o600 });
    const isPublic = /^(recording\.recipient|audit\.verifier|audit\.handover\.)/;
    for (const name of keyFiles().filter((found) => isPublic.test(found))) copyFileSync(join(data, 'keys', name), join(other, name));
    const restored = await openKeyStore(other, { site: 'demo', clock, secrets: rootSecrets({}) });
    expect({ root: restored.root, created: restored.created }).toEqual({ root: 'file', created: [] });
    expect(await restored.recordingIdentity()).toBe(await keys.recordingIdentity());
    expect(await restored.pseudonymKeys()).toEqual(await keys.pseudonymKeys());
    expect(restored.identityKeys()).toEqual(keys.identityKeys());
    expect(await restored.columnKeys()).toEqual(await keys.columnKeys());
    expect(restored.auditSigner().verifierKey).toBe(keys.auditSigner().verifierKey);
  }, 60_000);
});
