/** Signing in at the door with a real directory behind it, and while it is away. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSite } from '@keepline/contracts/site-file';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openLdap } from '../identity/ldap-directory.ts';
import { ADMIN_PASSWORD, BASE, startSlapd } from '../identity/testing/slapd.ts';
import { openSite, PASSWORD, type TestSite } from './testing/open-site.ts';
import { OPERATOR } from './testing/people.ts';

const person = (id: string): string =>
  `dn: uid=${id},${BASE}\nobjectClass: inetOrgPerson\nuid: ${id}\ncn: ${id}\nsn: ${id}\nuserPassword: From-the-directory-1\n\n`;
const LDIF =
  ['wu', 'chen', 'li', 'root1'].map(person).join('') +
  `dn: cn=quality,${BASE}\nobjectClass: groupOfNames\ncn: quality\nmember: uid=wu,${BASE}\nmember: uid=root1,${BASE}\nmember: uid=li,${BASE}\n\n` +
  `dn: cn=officers,${BASE}\nobjectClass: groupOfNames\ncn: officers\nmember: uid=chen,${BASE}\n`;
const FROM_THERE = 'From-the-directory-1';

let server: Awaited<ReturnType<typeof startSlapd>>;
let site: TestSite;
beforeEach(async () => {
  server = await startSlapd(LDIF);
  writeFileSync(join(server.folder, 'ldap-password'), ADMIN_PASSWORD, { mode: 0o600 });
  const groups = [
    { dn: `cn=quality,${BASE}`, role: 'quality_reviewer' },
    { dn: `cn=officers,${BASE}`, role: 'compliance_officer' },
  ];
  const ldap = { url: server.ldaps, caFile: server.ca, bindDn: `cn=search,${BASE}`, baseDn: BASE, timeoutMs: 2000, groups };
  site = await openSite({
    outside: openLdap(parseSite({ identity: { ldap } }).identity.ldap, server.folder),
    settings: { lockAfterFailures: 3 },
  });
}, 60_000);
afterEach(async () => {
  await site.close();
  await server.remove();
});
const signIn = (agent: string, password: string) => site.ask('POST', '/api/sign-in', { body: { agent, password } });

describe('signing in by a directory', { timeout: 60_000 }, () => {
  it('makes the account with the roles of its groups, and a privileged one still proves a second factor here', async () => {
    expect((await signIn('wu', FROM_THERE)).json).toMatchObject({ roles: ['quality_reviewer'], stage: 'open' });
    expect(site.identity.directory.get('wu')).toMatchObject({ source: 'ldap', roles: ['quality_reviewer'] });
    expect(site.acts.find(({ act }) => act === 'user.create')).toMatchObject({ who: 'wu', purpose: 'ldap: quality_reviewer' });
    expect((await signIn('chen', FROM_THERE)).json).toMatchObject({ roles: ['compliance_officer'], stage: 'factor_enrolment' });
    expect((await signIn('wu', 'wrong')).code).toBe('SIGN_IN_REFUSED');
  });

  it('lets an agent in with the rights of the site file, by either password', async () => {
    expect((await signIn('li', FROM_THERE)).json).toMatchObject({ roles: ['agent'], stage: 'open' });
    expect((await signIn('li', PASSWORD)).json).toMatchObject({ roles: ['agent'], stage: 'open' });
  });

  it('is no way into an account made here, nor into one that was disabled', async () => {
    await site.identity.accounts.create(OPERATOR, 'root1', 'root1');
    expect((await signIn('root1', FROM_THERE)).code).toBe('SIGN_IN_REFUSED');
    await signIn('wu', FROM_THERE);
    await site.identity.accounts.setDisabled(OPERATOR, 'wu', true);
    expect((await signIn('wu', FROM_THERE)).code).toBe('SIGN_IN_REFUSED');
  });

  it('locks out after so many wrong passwords, but an outage counts against nobody and keeps no account of this site out', async () => {
    await server.stop();
    for (let i = 0; i < 4; i++) {
      const answer = await signIn('wu', FROM_THERE);
      expect([answer.status, answer.code]).toEqual([503, 'DIRECTORY_UNAVAILABLE']);
    }
    expect((await signIn('li', PASSWORD)).json).toMatchObject({ stage: 'open' });
  });
});
