import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@keepline/contracts/clock';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Store } from '../store/store.ts';
import { agentTables } from '../store/tables/agents.ts';
import { Credentials, WAITING_MAX } from './credentials.ts';

let folder: string;
let store: Store;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keepline-credentials-'));
  store = await Store.open(join(folder, 'main.db'), [agentTables]);
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});
const credentialsOf = (...agents: string[]) => new Credentials({ store, clock: systemClock, agents: agents.map((id) => ({ id })) });

describe('first passwords', () => {
  it('are given once to each agent that has none, readable, and work', async () => {
    const made = await credentialsOf('li', 'wang').issueFirstPasswords();
    expect(made.map(({ agentId }) => agentId)).toEqual(['li', 'wang']);
    for (const { agentId, password } of made) {
      expect(password).toMatch(/^([a-kmnp-z2-9]{4}-){3}[a-kmnp-z2-9]{4}$/); // 16 of 32 letters: 80 bits
      expect(await credentialsOf('li', 'wang').verify(agentId, password)).toBe(true);
    }
    expect(made[0]?.password).not.toBe(made[1]?.password);
    expect((await credentialsOf('li', 'wang', 'zhao').issueFirstPasswords()).map(({ agentId }) => agentId)).toEqual(['zhao']);
  });

  it('are in the database only as hashes', async () => {
    const [made] = await credentialsOf('li').issueFirstPasswords();
    expect(JSON.stringify(await store.read.all('SELECT * FROM agent_passwords'))).not.toContain(made?.password);
  });

  it('are replaced by a renewed one', async () => {
    const credentials = credentialsOf('li');
    const [made] = await credentials.issueFirstPasswords();
    const renewed = await credentials.renew('li');
    expect(await credentials.verify('li', made?.password ?? '')).toBe(false);
    expect(await credentials.verify('li', renewed)).toBe(true);
  });
});

describe('verifying', () => {
  it('refuses an agent that was taken out of the site file', async () => {
    await credentialsOf('li').setPassword('li', 'correct-horse-battery');
    expect(await credentialsOf('wang').verify('li', 'correct-horse-battery')).toBe(false);
  });

  it('does the same work for a name nobody has', async () => {
    const credentials = credentialsOf('li');
    await credentials.setPassword('li', 'correct-horse-battery');
    await credentials.verify('nobody', 'warm up the decoy');
    const timed = async (name: string): Promise<number> => {
      const from = performance.now();
      expect(await credentials.verify(name, 'wrong-password')).toBe(false);
      return performance.now() - from;
    };
    const known: number[] = [];
    const unknown: number[] = [];
    for (let i = 0; i < 5; i++) {
      known.push(await timed('li'));
      unknown.push(await timed('nobody'));
    }
    // the quickest of five leaves the other users of this machine out; without the decoy it is a hundredth
    expect(Math.min(...unknown)).toBeGreaterThan(Math.min(...known) / 4);
  });

  it('renews a hash of older cost at the next sign-in', async () => {
    const old = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';
    await store.write((tx) => tx.run('INSERT INTO agent_passwords VALUES (?, ?, 0)', 'li', old));
    expect(await credentialsOf('li').verify('li', 'password')).toBe(true);
    expect(await store.read.get('SELECT hash FROM agent_passwords')).toMatchObject({ hash: expect.stringContaining('m=19456') });
    expect(await credentialsOf('li').verify('li', 'password')).toBe(true);
  });

  it('takes a bounded number at once and says busy to the rest', async () => {
    const credentials = credentialsOf('li');
    await credentials.setPassword('li', 'correct-horse-battery');
    await credentials.verify('li', 'warm up the decoy');
    const outcomes = await Promise.allSettled(
      Array.from({ length: WAITING_MAX + 12 }, () => credentials.verify('li', 'correct-horse-battery')),
    );
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(refused).toHaveLength(10);
    for (const { reason } of refused) expect(reason).toMatchObject({ code: 'SIGN_IN_BUSY' });
    expect(await credentials.verify('li', 'correct-horse-battery')).toBe(true);
  });

  it.each(['short', 'x'.repeat(257)])('sets no password outside 12 to 256 characters', async (password) => {
    await expect(credentialsOf('li').setPassword('li', password)).rejects.toMatchObject({ code: 'PASSWORD_REFUSED' });
  });
});
