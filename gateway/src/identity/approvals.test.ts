/** The law of four eyes over a real database: whatever anybody tries in whatever order, nothing runs without another person's approval. */
import { join } from 'node:path';
import { APPROVAL_ACTS } from '@keepline/contracts/approvals';
import type { Role } from '@keepline/contracts/roles';
import { parseSite } from '@keepline/contracts/site-file';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { type TempDir, tempDir } from '@keepline/testkit/temp-dir';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Store } from '../store/store.ts';
import { identityTables } from '../store/tables/identity.ts';
import { type Bound, bindingOf, canonicalParams } from './approval-rules.ts';
import { Approvals, OPEN_PER_PERSON } from './approvals.ts';
import { Directory } from './directory.ts';
import type { Actor, Audited } from './identity-store.ts';

/** `chen2` is the second account of `chen`; `mix` combines what must stay apart, as only a damaged table can. */
const PEOPLE: ReadonlyArray<readonly [string, readonly Role[], string]> = [
  ['chen', ['compliance_officer'], ''],
  ['chen2', ['security_admin'], 'chen'],
  ['wu', ['compliance_officer'], ''],
  ['sec', ['security_admin'], ''],
  ['sys', ['system_admin'], ''],
  ['aud', ['audit_admin'], ''],
  ['mix', ['supervisor'], ''],
];
const NAMES = PEOPLE.map(([name]) => name);
const OBJECTS = ['rec-1', 'rec-2'];
const HOUR_MS = 3_600_000;

let folder: TempDir;
let store: Store;
let clock: FakeClock;
let directory: Directory;
let approvals: Approvals;
const acts: string[] = [];
const audited: Audited = async (act, { who, object }, run) => {
  acts.push(`${act} ${who} ${object === '' ? '-' : object.slice(0, 3)} begun`);
  const done = await run();
  acts.push(`${act} ${who} ${object === '' ? '-' : object.slice(0, 3)} done`);
  return done;
};
const as = (who: string): Actor => ({ who, role: 'compliance_officer', from: '10.0.0.7' });
const bound = (object = 'rec-1', form = 'wav'): Bound => ({ act: 'recording.export', object, params: { as: form } });
const wish = (object = 'rec-1', form = 'wav', hours = 1) => ({ ...bound(object, form), purpose: 'court order 12', hours });

beforeEach(async () => {
  folder = tempDir();
  clock = new FakeClock();
  store = await Store.open(join(folder.path, 'main.db'), [identityTables]);
  directory = await Directory.open({ store, clock, agents: [] });
  for (const [name, roles, person] of PEOPLE) await directory.create(name, name, roles, { person });
  await store.write((tx) => tx.run("UPDATE users SET roles = 'compliance_officer security_admin' WHERE user_id = 'mix'"));
  await directory.refresh();
  approvals = new Approvals({ store, clock, directory, audited });
  await approvals.demand(APPROVAL_ACTS);
  acts.length = 0;
});
afterEach(async () => {
  await store.close();
  folder.remove();
});

describe('four eyes', () => {
  it('let an act run once after another person has approved it, and write down each step before and after', async () => {
    await expect(approvals.perform(as('chen'), bound(), undefined, async () => 'ran')).rejects.toMatchObject({ code: 'APPROVAL_NEEDED' });
    const { id } = await approvals.request(as('chen'), wish());
    await expect(approvals.perform(as('chen'), bound(), id, async () => 'ran')).rejects.toMatchObject({ code: 'APPROVAL_REFUSED' });
    expect(await approvals.decide(as('sec'), id, 'approve', 'seen the order')).toMatchObject({ state: 'approved', decidedBy: 'sec' });
    expect(await approvals.perform(as('chen'), bound(), id, async () => 'ran')).toBe('ran');
    await expect(approvals.perform(as('chen'), bound(), id, async () => 'ran')).rejects.toMatchObject({ code: 'APPROVAL_REFUSED' });
    expect(acts.filter((act) => !act.startsWith('approval.use chen apr begun'))).toEqual([
      'approval.request chen apr begun',
      'approval.request chen apr done',
      'approval.approve sec apr begun',
      'approval.approve sec apr done',
      'approval.use chen apr done',
    ]);
  });

  it.each([
    ['the asker', 'chen'],
    ['a second account of the asker', 'chen2'],
    ['somebody without the right', 'sys'],
    ['an auditor', 'aud'],
    ['an account that combines roles', 'mix'],
    ['nobody', 'nobody'],
  ])('are not those of %s', async (_who, name) => {
    const { id } = await approvals.request(as('chen'), wish());
    await expect(approvals.decide(as(name), id, 'approve', '')).rejects.toMatchObject({ code: 'APPROVAL_REFUSED' });
    expect((await approvals.get(id)).state).toBe('waiting');
  });

  it('are looked at again when the act runs: whoever approved and was disabled meanwhile approved nothing', async () => {
    const { id } = await approvals.request(as('chen'), wish());
    await approvals.decide(as('sec'), id, 'approve', '');
    await directory.setDisabled('sec', true);
    await expect(approvals.perform(as('chen'), bound(), id, async () => 'ran')).rejects.toMatchObject({ code: 'APPROVAL_REFUSED' });
    await directory.setDisabled('sec', false);
    await directory.setPerson('sec', 'chen');
    await expect(approvals.perform(as('chen'), bound(), id, async () => 'ran')).rejects.toMatchObject({ code: 'APPROVAL_REFUSED' });
  });

  it('see an approval through a restart, and let two who use it at the same moment in once', async () => {
    const { id } = await approvals.request(as('chen'), wish());
    await approvals.decide(as('sec'), id, 'approve', '');
    const again = new Approvals({ store, clock, directory, audited });
    const uses = await Promise.allSettled(
      [approvals, again, again].map((each) => each.perform(as('chen'), bound(), id, async () => 'ran')),
    );
    expect(uses.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('are bounded: so many open requests of one person, and what is over makes room', async () => {
    for (let i = 0; i < OPEN_PER_PERSON; i++) await approvals.request(as('chen'), wish());
    await expect(approvals.request(as('chen'), wish())).rejects.toMatchObject({ code: 'APPROVAL_LIMIT' });
    expect((await approvals.request(as('wu'), wish())).state).toBe('waiting');
    clock.advance(HOUR_MS);
    expect((await approvals.request(as('chen'), wish())).state).toBe('waiting');
  });

  it('are not asked of whoever may not do the act, nor where the site does not demand them', async () => {
    await expect(approvals.request(as('sys'), wish())).rejects.toMatchObject({ code: 'APPROVAL_REFUSED' });
    await expect(approvals.request(as('aud'), wish())).rejects.toMatchObject({ code: 'APPROVAL_REFUSED' });
    await approvals.demand(['key.export']);
    expect(await approvals.perform(as('chen'), bound(), undefined, async () => 'ran')).toBe('ran');
  });

  it('can be demanded for every act there is', () => {
    expect(parseSite({ identity: { fourEyes: [...APPROVAL_ACTS] } }).identity.fourEyes).toEqual(APPROVAL_ACTS);
  });

  it('tell acts, objects and parameters apart, and only them', () => {
    expect(bindingOf({ ...bound(), params: { a: 1, b: 'x' } })).toBe(bindingOf({ ...bound(), params: { b: 'x', a: 1 } }));
    const some = fc.record({ object: fc.string(), params: fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.boolean())) });
    fc.assert(
      fc.property(some, some, (a, b) => {
        const same = a.object === b.object && canonicalParams(a.params) === canonicalParams(b.params);
        expect(bindingOf({ act: 'key.export', ...a }) === bindingOf({ act: 'key.export', ...b })).toBe(same);
      }),
    );
  });

  it('hold in every history: what ran had one unused approval, in time, for exactly that, of another person with the right', async () => {
    const name = fc.constantFrom(...NAMES);
    const object = fc.constantFrom('rec-1', ...OBJECTS);
    const form = fc.constantFrom('wav', 'wav', 'age');
    const nth = fc.constantFrom(0, 0, 1, 2);
    const step = fc.oneof(
      fc.record({ do: fc.constant('ask' as const), name: fc.constantFrom('chen', 'wu'), object, form }),
      fc.record({
        do: fc.constant('decide' as const),
        name,
        nth,
        verdict: fc.constantFrom('approve' as const, 'approve' as const, 'refuse' as const),
      }),
      fc.record({ do: fc.constant('run' as const), name: fc.constantFrom('chen', 'chen2', 'wu', 'console'), object, form, nth }),
      fc.record({ do: fc.constant('wait' as const), minutes: fc.integer({ min: 1, max: 45 }) }),
      fc.record({ do: fc.constant('disable' as const), name, off: fc.boolean() }),
    );
    let ran = 0;
    await fc.assert(
      fc.asyncProperty(name, fc.array(step, { minLength: 4, maxLength: 16 }), async (first, further) => {
        // every history begins with a request that somebody tries to approve: else few would come to the point
        const begin = [
          { do: 'ask', name: 'chen', object: 'rec-1', form: 'wav' },
          { do: 'decide', name: first, nth: 0, verdict: 'approve' },
        ] as const;
        const steps = [...begin, ...further];
        await store.write((tx) => tx.run('DELETE FROM approvals'));
        for (const each of NAMES) await directory.setDisabled(each, false);
        /** What the history says, kept apart from the code under test. */
        const asked: Array<{ id: string; by: string; object: string; form: string; until: number; approvedBy: string; used: boolean }> = [];
        const personOf = (who: string): string => (who === 'chen2' ? 'chen' : who);
        const off = new Set<string>();
        for (const one of steps) {
          if (one.do === 'wait') clock.advance(one.minutes * 60_000);
          else if (one.do === 'disable') {
            await directory.setDisabled(one.name, one.off);
            if (one.off) off.add(one.name);
            else off.delete(one.name);
          } else if (one.do === 'ask') {
            const made = await approvals.request(as(one.name), wish(one.object, one.form)).catch(() => undefined);
            if (made) asked.push({ ...one, id: made.id, by: one.name, until: clock.now() + HOUR_MS, approvedBy: '', used: false });
          } else if (one.do === 'decide') {
            const on = asked[one.nth];
            const decided = on && (await approvals.decide(as(one.name), on.id, one.verdict, 'as ordered').catch(() => undefined));
            if (on && decided?.state === 'approved') on.approvedBy = one.name;
          } else {
            const on = asked[one.nth];
            const actor = one.name === 'console' ? { who: 'os:root', role: 'operator', from: 'console' } : as(one.name);
            const happened = await approvals.perform(actor, bound(one.object, one.form), on?.id, async () => true).catch(() => false);
            if (!happened) continue;
            ran += 1;
            expect(on).toMatchObject({ object: one.object, form: one.form, used: false });
            if (!on) throw new Error('it ran without a request');
            expect(clock.now()).toBeLessThan(on.until);
            expect(['chen2', 'wu', 'sec', 'chen']).toContain(on.approvedBy);
            expect(personOf(on.approvedBy)).not.toBe(personOf(on.by));
            expect([off.has(on.approvedBy), off.has(on.by)]).toEqual([false, false]);
            if (one.name !== 'console') expect(one.name).toBe(on.by);
            on.used = true;
          }
        }
      }),
      { numRuns: 120, seed: 20261123 },
    );
    expect(ran).toBeGreaterThan(10); // else the law above says nothing
  }, 60_000);
});
