import { parseSite } from '@keepline/contracts/site-file';
import { describe, expect, it } from 'vitest';
import { GATEWAY_DROP_IN } from './places.ts';
import { foldersOutside, type Wanted, wantedState } from './wanted.ts';

const backupTo = (folder: string) => parseSite({ backup: { folder } });
const dropIn = (outside: readonly string[]): Wanted | undefined =>
  wantedState({ bundle: '/b', version: '1', siteText: undefined, units: {}, outside }).find(
    (wanted) => 'path' in wanted && wanted.path === GATEWAY_DROP_IN,
  );

describe('what the sandbox of the gateway must let through', () => {
  it.each([
    ['', []],
    ['/var/lib/keepline/site/backup', []],
    ['/var/lib/keepline/site', []],
    ['/srv/backup', ['/srv/backup']],
    ['/var/lib/keepline/sites', ['/var/lib/keepline/sites']],
    ['/var/lib/keepline/site/../other', ['/var/lib/keepline/other']],
  ])('a backup in %j opens %j', (folder, expected) => expect(foldersOutside(backupTo(folder))).toEqual(expected));

  it('is said in a drop-in whose text cannot be taken for a specifier of systemd', () => {
    expect(dropIn(['/srv/50% full'])).toMatchObject({ text: expect.stringContaining('ReadWritePaths="/srv/50%% full"\n') });
    expect(dropIn([])).toMatchObject({ text: expect.not.stringContaining('ReadWritePaths') });
  });
});
