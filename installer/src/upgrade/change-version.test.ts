import { describe, expect, it } from 'vitest';
import { type Appliance, changeVersion } from './change-version.ts';

/** Notes what is asked of it, in order; versions in `broken` do not pass their gate. */
function noting(
  broken: readonly string[],
  {
    current = '1',
    previous,
    stuck = false,
    serving = true,
  }: { current?: string; previous?: string; stuck?: boolean; serving?: boolean } = {},
): { appliance: Appliance; acts: string[]; readonly now: () => string | undefined } {
  let named = current;
  let remembered = previous;
  const acts: string[] = [];
  const appliance: Appliance = {
    current: () => named,
    previous: () => remembered,
    isServing: () => serving,
    remember(version) {
      remembered = version;
      acts.push(`remember ${version}`);
    },
    async stop() {
      acts.push('stop');
      if (stuck) throw new Error('still there');
    },
    point(version) {
      named = version;
      acts.push(`point ${version}`);
    },
    async start() {
      acts.push(`start ${named}`);
      if (named !== undefined && broken.includes(named)) throw new Error('no answer');
    },
    async putDatabaseBack(version) {
      acts.push(`database of ${version}`);
      return '';
    },
  };
  return { appliance, acts, now: () => named };
}
const quiet = { back: false, say: () => {} };

describe('a change of versions', () => {
  it('drains before it switches, and leaves the database alone when all goes well', async () => {
    const { appliance, acts } = noting([]);
    expect(await changeVersion('2', appliance, quiet)).toEqual({ from: '1', to: '2' });
    expect(acts).toEqual(['stop', 'remember 1', 'point 2', 'start 2']);
  });

  it('goes back when the gate is not passed, and the database goes back before anything starts', async () => {
    const { appliance, acts, now } = noting(['2'], { previous: '0' });
    await expect(changeVersion('2', appliance, quiet)).rejects.toMatchObject({ code: 'UPGRADE_ROLLED_BACK', offending: '2' });
    const wayBack = ['stop', 'database of 1', 'point 1', 'remember 0', 'start 1'];
    expect(acts).toEqual(['stop', 'remember 1', 'point 2', 'start 2', ...wayBack]);
    expect(now()).toBe('1');
    expect(appliance.previous()).toBe('0'); // a rollback never leads to the version that failed
  });

  it('back on order puts the database back first', async () => {
    const { appliance, acts } = noting([], { current: '2' });
    await changeVersion('1', appliance, { ...quiet, back: true });
    expect(acts).toEqual(['stop', 'database of 1', 'remember 2', 'point 1', 'start 1']);
  });

  it('knows the way back from the moment it switches: a cut before the gate leaves a target for rollback', async () => {
    const { appliance, acts } = noting([]);
    let seen: string | undefined;
    await changeVersion('2', { ...appliance, start: async () => void (seen = appliance.previous()) }, quiet);
    expect(seen).toBe('1');
    expect(acts.indexOf('remember 1')).toBeLessThan(acts.indexOf('point 2'));
  });

  it('is finished by the same order when it was killed after the switch, and goes back when the gate is not passed then', async () => {
    const killed = noting([], { current: '2', previous: '1', serving: false });
    expect(await changeVersion('2', killed.appliance, quiet)).toEqual({ from: '1', to: '2' });
    expect(killed.acts).toEqual(['start 2']);

    const bad = noting(['2'], { current: '2', previous: '1', serving: false });
    await expect(changeVersion('2', bad.appliance, quiet)).rejects.toMatchObject({ code: 'UPGRADE_ROLLED_BACK', offending: '2' });
    expect(bad.acts).toEqual(['start 2', 'stop', 'database of 1', 'point 1', 'remember undefined', 'start 1']);
    const alone = noting(['2'], { current: '2', serving: false });
    await expect(changeVersion('2', alone.appliance, quiet)).rejects.toMatchObject({ code: 'UPGRADE_STUCK' });
  });

  it('starts again what it could not stop, says that nothing was switched, and switches nothing', async () => {
    const { appliance, acts, now } = noting([], { stuck: true });
    await expect(changeVersion('2', appliance, quiet)).rejects.toMatchObject({ code: 'UPGRADE_NOT_STOPPED', offending: '1' });
    expect(acts).toEqual(['stop', 'start 1']);
    expect(now()).toBe('1');
    const dead = noting(['1'], { stuck: true });
    await expect(changeVersion('2', dead.appliance, quiet)).rejects.toMatchObject({ code: 'UPGRADE_STUCK' });
  });

  it('says so when neither version starts', async () => {
    const { appliance } = noting(['1', '2']);
    await expect(changeVersion('2', appliance, quiet)).rejects.toMatchObject({ code: 'UPGRADE_STUCK' });
  });

  it('is refused before anything stops where there is nothing to change', async () => {
    for (const [to, current] of [
      ['1', '1'],
      ['2', undefined],
    ] as const) {
      const { appliance, acts } = noting([]);
      const given = { ...appliance, current: () => current };
      await expect(changeVersion(to, given, quiet)).rejects.toMatchObject({ code: 'UPGRADE_NOT_POSSIBLE' });
      expect(acts).toEqual([]);
    }
  });
});
