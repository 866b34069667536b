/** Signing in by a directory, against a real OpenLDAP server over real TLS. */
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSite } from '@keepline/contracts/site-file';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN_PASSWORD, BASE, startSlapd } from './testing/slapd.ts';
import { openLdap } from './ldap-directory.ts';

const person = (id: string, password = `pw-${id}`): string =>
  `dn: uid=${id},${BASE}\nobjectClass: inetOrgPerson\nuid: ${id}\ncn: ${id}\nsn: ${id}\nuserPassword: ${password}\n\n`;
const groupOf = (cn: string, ...members: string[]): string =>
  `dn: cn=${cn},${BASE}\nobjectClass: groupOfNames\ncn: ${cn}\n${members.map((member) => `member: ${member},${BASE}\n`).join('')}\n`;
const LDIF = [
  ...['wu', 'zhou', 'deep', 'nobody', 'both'].map((id) => person(id)),
  groupOf('quality', 'uid=wu', 'cn=quality-north'),
  groupOf('quality-north', 'uid=zhou', 'cn=quality-city'),
  groupOf('quality-city', 'uid=deep', 'cn=quality'), // a circle
  groupOf('system', 'uid=both'),
  groupOf('security', 'uid=both'),
].join('');

let server: Awaited<ReturnType<typeof startSlapd>>;
beforeAll(async () => {
  server = await startSlapd(LDIF);
  writeFileSync(join(server.folder, 'ldap-password'), `${ADMIN_PASSWORD}\n`, { mode: 0o600 });
}, 60_000);
afterAll(() => server.remove());

const open = (more: object = {}) =>
  openLdap(
    parseSite({
      identity: {
        ldap: {
          url: server.ldaps,
          caFile: server.ca,
          bindDn: `cn=search,${BASE}`,
          baseDn: BASE,
          groups: [
            { dn: `CN=Quality, DC=bank,DC=test`, role: 'quality_reviewer' },
            { dn: `cn=system,${BASE}`, role: 'system_admin' },
            { dn: `cn=security,${BASE}`, role: 'security_admin' },
          ],
          ...more,
        },
      },
    }).identity.ldap,
    server.folder,
  );

describe('a directory of the bank', { timeout: 60_000 }, () => {
  it.each(['ldaps', 'ldap'] as const)('knows people by their password over %s, and gives the roles of their groups', async (scheme) => {
    const directory = open({ url: server[scheme] });
    expect(await directory.verify('wu', 'pw-wu')).toEqual(['quality_reviewer']);
    expect(await directory.verify('wu', 'pw-zhou')).toBeUndefined();
    expect(await directory.verify('nobody', 'pw-nobody')).toEqual([]);
    expect(await directory.verify('stranger', 'pw')).toBeUndefined();
  });

  it('follows groups within groups as deep as it is told, circles too', async () => {
    expect(await open().verify('zhou', 'pw-zhou')).toEqual(['quality_reviewer']);
    expect(await open().verify('deep', 'pw-deep')).toEqual(['quality_reviewer']);
    expect(await open({ nesting: 2 }).verify('deep', 'pw-deep')).toEqual([]);
  });

  it('makes nobody two administrators, and tells only who has proven the password', async () => {
    await expect(open().verify('both', 'pw-both')).rejects.toMatchObject({ code: 'ROLES_CONFLICT' });
    expect(await open().verify('both', 'wrong')).toBeUndefined();
  });

  it('takes no empty password, and no name that says more than a name', async () => {
    expect(await open().verify('wu', '')).toBeUndefined();
    for (const name of ['*', 'w*', 'wu)(uid=*', 'wu,dc=bank', `uid=wu,${BASE}`, 'wu\0', '\\2a', 'WU '])
      expect([name, await open().verify(name, 'pw-wu')]).toEqual([name, undefined]);
  });

  it('is not asked where its certificate is not of the authority set, or its own password is wrong', async () => {
    for (const more of [
      { caFile: server.otherCa },
      { url: server.ldap, caFile: server.otherCa },
      { bindDn: `cn=else,${BASE}` },
      { url: 'ldaps://127.0.0.1:1' },
    ])
      await expect(open(more).verify('wu', 'pw-wu')).rejects.toMatchObject({ code: 'DIRECTORY_UNAVAILABLE' });
  });

  it('has its password in a file of the gateway alone', () => {
    const path = join(server.folder, 'lax');
    writeFileSync(path, 'x');
    chmodSync(path, 0o640);
    for (const bindPasswordFile of ['lax', 'absent'])
      expect(() => open({ bindPasswordFile })).toThrow(expect.objectContaining({ code: 'DIRECTORY_SECRET_LAX' }));
  });
});
