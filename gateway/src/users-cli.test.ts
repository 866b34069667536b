import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { verifyAuditLog } from '@keepline/compliance/audit-verify';
import { openKeyStore } from '@keepline/compliance/keys';
import { systemClock as clock } from '@keepline/contracts/clock';
import { parseSite } from '@keepline/contracts/site-file';
import { tempDir, type TempDir } from '@keepline/testkit/temp-dir';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Identity, openIdentity } from './identity/identity.ts';
import { Store } from './store/store.ts';
import { allTables } from './store/tables/all.ts';

const CLI = fileURLToPath(new URL('./users-cli.ts', import.meta.url));
let home: TempDir;
let store: Store;
let identity: Identity;
let verifierKey = '';
/** The gateway's side of the same data folder, running meanwhile. */
beforeEach(async () => {
  home = tempDir();
  const keys = await openKeyStore(join(home.path, 'keys'), { site: 'demo', clock });
  store = await Store.open(join(home.path, 'main.db'), allTables);
  verifierKey = keys.auditSigner().verifierKey;
  const quiet = { info: () => {}, warn: () => {}, error: () => {} };
  identity = await openIdentity({
    store,
    clock,
    log: quiet,
    audited: (_act, _context, run) => run(),
    settings: parseSite({}).identity,
    site: 'demo',
    agents: [{ id: 'agent1', name: '李静' }],
    sealingKeys: () => keys.identityKeys(),
    idleMs: 1_800_000,
    longestMs: 43_200_000,
    isInCall: () => false,
    leave: async () => {},
    onPasswordChanged: async () => {},
  });
});
afterEach(async () => {
  await identity.close();
  await store.close();
  home.remove();
});
const users = (...args: string[]) => spawnSync(process.execPath, [CLI, ...args, '--data', home.path], { encoding: 'utf8' });
const codesIn = (text: string): string[] => text.match(/\b\w{4}(-\w{4}){3}\b/g) ?? [];

/** Each command is a process of its own; a busy machine starts one in seconds. */
describe('users', { timeout: 120_000 }, () => {
  it('init makes three administrators once; their codes open a session beside the running gateway', async () => {
    const made = users('init', '--names', 'sys.wang,sec.li,aud.zhao', '--json');
    expect([made.status, made.stderr]).toEqual([0, '']);
    expect(JSON.parse(made.stdout)).toEqual(['sys.wang', 'sec.li', 'aud.zhao'].map((user) => ({ user, code: expect.any(String) })));
    expect(users('init', '--names', 'a,b,c').stderr).toContain('ADMINISTRATORS_EXIST');
    await identity.signIn.look();
    const opened = await identity.signIn.signIn('sec.li', codesIn(made.stdout)[1] ?? '', '127.0.0.1');
    expect([opened.session.roles, identity.sessions.stage(opened.session)]).toEqual([['security_admin'], 'password_change']);
    const verdict = await verifyAuditLog(join(home.path, 'audit'), verifierKey);
    expect(verdict).toMatchObject({ ok: true, entries: 6 }); // three accounts, each with its intent and its outcome; the refusal did nothing
  });

  it('revoke ends a session of the running gateway at its next look, unlock ends a lock', async () => {
    await identity.credentials.setPassword('agent1', 'correct-horse-battery');
    const { token } = await identity.signIn.signIn('agent1', 'correct-horse-battery', '127.0.0.1');
    expect(users('revoke', 'agent1').status).toBe(0);
    await identity.signIn.look();
    expect(identity.sessions.find(token)).toBeUndefined();
    for (let i = 0; i < 5; i++) await identity.signIn.signIn('agent1', `wrong-${i}`, '127.0.0.1').catch(() => undefined);
    expect(users('list').stdout).toMatch(/agent1 .*locked/);
    expect(users('unlock', 'agent1').status).toBe(0);
    await identity.signIn.look();
    await expect(identity.signIn.signIn('agent1', 'correct-horse-battery', '127.0.0.1')).resolves.toBeDefined();
  });

  it('refuses what would join two administrators, names nobody has, and words it does not know', () => {
    const joined = users('add', 'zhao', '--roles', 'system_admin,audit_admin');
    expect([joined.status, joined.stderr]).toEqual([1, expect.stringContaining('ROLES_CONFLICT')]);
    expect(users('reset', 'nobody').stderr).toContain('USER_UNKNOWN');
    expect(users('add', '13812345678').stderr).toContain('USER_NAME_INVALID');
    for (const args of [
      ['promote', 'zhao'],
      ['roles', 'zhao', '--roles', 'king'],
    ])
      expect(users(...args).status).toBe(2);
  });
});
