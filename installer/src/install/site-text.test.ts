import { APPROVAL_ACTS } from '@keepline/contracts/approvals';
import { parseSite } from '@keepline/contracts/site-file';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { SITE_FILE } from './places.ts';
import { wantedState } from './wanted.ts';

const siteFile = (siteText: string | undefined) => {
  const order = { bundle: '/media/bundle', version: '1.2.3', units: {}, outside: [], siteText };
  const found = wantedState(order).flatMap((wanted) => (wanted.be === 'file' && wanted.path === SITE_FILE ? [wanted] : []));
  expect(found).toHaveLength(1);
  return found[0];
};

describe('the site file of a new site', () => {
  it('demands four eyes for every act that can be kept so, and nothing else', () => {
    const text = siteFile(undefined)?.text ?? '';
    expect(parse(text)).toEqual({ identity: { fourEyes: [...APPROVAL_ACTS] } });
    expect(APPROVAL_ACTS).toHaveLength(6);
    const site = parseSite(parse(text));
    expect(site.identity.fourEyes).toEqual(APPROVAL_ACTS);
    expect({ ...site, identity: { ...site.identity, fourEyes: [] } }, 'all else as it is without a file').toEqual(parseSite({}));
  });

  it('is written once and never over what a site has decided; a file that was given is taken as it is', () => {
    expect(siteFile(undefined)).toMatchObject({ once: true, owner: 'root', mode: 0o640 });
    expect(siteFile('site: bank\n')).toMatchObject({ once: false, text: 'site: bank\n' });
  });
});
