import { describe, expect, it } from 'vitest';
import { type Appliance, changeVersion } from './change-version.ts';

/** Notes what is asked of it, in order; versions in `broken` do not pass their gate. */
function noting(
  broken: readonly string[],
  current: string | undefined = '1',
): { appliance: Appliance; acts: string[]; readonly now: () => string | undefined } {
  let named = current;
  const acts: string[] = [];
  const appliance: Appliance = {
    current: () => named,
    stop: async () => void acts.push('stop'),
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
    expect(acts).toEqual(['stop', 'point 2', 'start 2']);
  });

  it('goes back when the gate is not passed, and the database goes back before anything starts', async () => {
    const { appliance, acts, now } = noting(['2']);
    await expect(changeVersion('2', appliance, quiet)).rejects.toMatchObject({ code: 'UPGRADE_ROLLED_BACK', offending: '2' });
    expect(acts).toEqual(['stop', 'point 2', 'start 2', 'stop', 'database of 1', 'point 1', 'start 1']);
    expect(now()).toBe('1');
  });

  it('back on order puts the database back first', async () => {
    const { appliance, acts } = noting([], '2');
    await changeVersion('1', appliance, { ...quiet, back: true });
    expect(acts).toEqual(['stop', 'database of 1', 'point 1', 'start 1']);
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
