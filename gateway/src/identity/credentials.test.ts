import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Store } from '../store/store.ts';
import { identityTables } from '../store/tables/identity.ts';
import { Credentials, WAITING_MAX } from './credentials.ts';

let folder: string;
let store: Store;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keepline-credentials-'));
  store = await Store.open(join(folder, 'main.db'), [identityTables]);
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});
const clock = new FakeClock();
const policy = { minLength: 12, history: 5, privilegedMaxAgeMs: 90 * 86_400_000 };
const credentialsOf = () => new Credentials({ store, clock, policy });
const agents = (...ids: string[]) => ids.map((id) => ({ id }));
const isRight = async (userId: string, password: string, isKnown = true): Promise<boolean> =>
  (await credentialsOf().verify(userId, password, isKnown)) !== undefined;

describe('first passwords', () => {
  it('are given once to each agent that has none, readable, work, and must be changed', async () => {
    const made = await credentialsOf().issueFirstPasswords(agents('li', 'wang'));
    expect(made.map(({ agentId }) => agentId)).toEqual(['li', 'wang']);
    for (const { agentId, password } of made) {
      expect(password).toMatch(/^([a-kmnp-z2-9]{4}-){3}[a-kmnp-z2-9]{4}$/); // 16 of 32 letters: 80 bits
      expect(await credentialsOf().verify(agentId, password, true)).toMatchObject({ mustChange: true });
    }
    expect(made[0]?.password).not.toBe(made[1]?.password);
    expect((await credentialsOf().issueFirstPasswords(agents('li', 'wang', 'zhao'))).map(({ agentId }) => agentId)).toEqual(['zhao']);
  });

  it('are in the database only as hashes', async () => {
    const [made] = await credentialsOf().issueFirstPasswords(agents('li'));
    expect(JSON.stringify(await store.read.all('SELECT * FROM user_passwords'))).not.toContain(made?.password);
  });
});

describe('an enrolment code', () => {
  it('replaces the password, is good once, and asks for a password of its owner', async () => {
    const credentials = credentialsOf();
    await credentials.setPassword('li', 'correct-horse-battery');
    const code = await credentials.issueEnrolmentCode('li', 1000);
    expect(await isRight('li', 'correct-horse-battery')).toBe(false);
    expect(await credentials.verify('li', code, true)).toMatchObject({ mustChange: true });
    expect(await credentials.verify('li', code, true)).toBeUndefined();
    expect(await isRight('li', '')).toBe(false);
    await credentials.setPassword('li', 'battery-staple-correct');
    expect(await credentials.verify('li', 'battery-staple-correct', true)).toMatchObject({ mustChange: false });
  });

  it('is good for one of two who use it at the same moment', async () => {
    const credentials = credentialsOf();
    const code = await credentials.issueEnrolmentCode('li', 1000);
    const both = await Promise.all([credentials.verify('li', code, true), credentials.verify('li', code, true)]);
    expect(both.filter((verified) => verified !== undefined)).toHaveLength(1);
  });

  it('is worthless when its time is over', async () => {
    const credentials = credentialsOf();
    const code = await credentials.issueEnrolmentCode('li', 1000);
    clock.advance(1000);
    expect(await credentials.verify('li', code, true)).toBeUndefined();
  });
});

describe('a password of one’s own', () => {
  it('cannot be one of the last five, the present one included; the sixth may come back', async () => {
    const credentials = credentialsOf();
    const nth = (n: number) => `Kettle-number-${n}`;
    for (let n = 0; n < 7; n++) {
      clock.advance(1000);
      await credentials.setPassword('li', nth(n));
    }
    for (let n = 1; n < 7; n++) await expect(credentials.setPassword('li', nth(n))).rejects.toMatchObject({ code: 'PASSWORD_REFUSED' });
    await credentials.setPassword('li', nth(0));
    expect(await isRight('li', nth(0))).toBe(true);
    expect(await store.read.get('SELECT count(*) AS n FROM user_password_history')).toEqual({ n: 5 });
  });

  it('is not a first password kept on', async () => {
    const [made] = await credentialsOf().issueFirstPasswords(agents('li'));
    await expect(credentialsOf().setPassword('li', made?.password ?? '')).rejects.toMatchObject({ code: 'PASSWORD_REFUSED' });
  });

  it.each(['short', 'x'.repeat(257), 'onlysmallletters'])('is refused by the policy: %s', async (password) => {
    await expect(credentialsOf().setPassword('li', password)).rejects.toMatchObject({ code: 'PASSWORD_REFUSED' });
  });
});

describe('verifying', () => {
  it('refuses an account that may not come in, whatever the password', async () => {
    await credentialsOf().setPassword('li', 'correct-horse-battery');
    expect(await isRight('li', 'correct-horse-battery', false)).toBe(false);
  });

  it('does the same work for a name nobody has', async () => {
    const credentials = credentialsOf();
    await credentials.setPassword('li', 'correct-horse-battery');
    await credentials.verify('nobody', 'warm up the decoy', false);
    const timed = async (name: string): Promise<number> => {
      const from = performance.now();
      expect(await credentials.verify(name, 'wrong-password', name === 'li')).toBeUndefined();
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
    await store.write((tx) => tx.run('INSERT INTO user_passwords (user_id, hash, changed_at_ms) VALUES (?, ?, 0)', 'li', old));
    expect(await isRight('li', 'password')).toBe(true);
    expect(await store.read.get('SELECT hash FROM user_passwords')).toMatchObject({ hash: expect.stringContaining('m=19456') });
    expect(await isRight('li', 'password')).toBe(true);
  });

  it('takes a bounded number at once and says busy to the rest', async () => {
    const credentials = credentialsOf();
    await credentials.setPassword('li', 'correct-horse-battery');
    await credentials.verify('li', 'warm up the decoy', true);
    const outcomes = await Promise.allSettled(
      Array.from({ length: WAITING_MAX + 12 }, () => credentials.verify('li', 'correct-horse-battery', true)),
    );
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(refused).toHaveLength(10);
    for (const { reason } of refused) expect(reason).toMatchObject({ code: 'SIGN_IN_BUSY' });
    expect(await isRight('li', 'correct-horse-battery')).toBe(true);
  });
});
