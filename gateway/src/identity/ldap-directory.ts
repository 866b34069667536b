/**
 * A directory of the bank over LDAP (RFC 4511, filters by RFC 4515) through `ldapts`: search under a name of our own, then bind as the person.
 * Always over TLS. Filters are built from values, never from text, so that a name can say nothing but itself. One connection per
 * sign-in, every step under a time-out; how many run at once is bounded by the verifications before it.
 */
import { readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { conflictIn, type Role } from '@keepline/contracts/roles';
import type { SiteConfig } from '@keepline/contracts/site-config';
import { Client, EqualityFilter, InvalidCredentialsError } from 'ldapts';
import { DirectoryUnavailable, RolesConflict } from './errors.ts';
import { secretOf } from './secret-file.ts';
import type { OutsideDirectory } from './sign-in.ts';

type Settings = SiteConfig['identity']['ldap'];
/** As names of accounts are: what is none of these is nobody, and is not asked about. */
const NAME = /^[a-z][a-z0-9._-]{0,47}$/;
/** Groups looked at for one person; beyond this nobody reads them either. */
const GROUPS_MAX = 500;

/** @param data folder relative paths start from. @throws DirectorySecretLax */
export function openLdap(settings: Settings, data: string): OutsideDirectory {
  const within = (path: string): string => (isAbsolute(path) ? path : join(data, path));
  const secret = settings.bindDn === '' ? '' : secretOf(within(settings.bindPasswordFile));
  const ca = settings.caFile === '' ? undefined : readFileSync(within(settings.caFile), 'utf8');
  return { source: 'ldap', verify: (name, password) => verify(settings, { secret, ca }, name, password) };
}

interface Trust {
  readonly secret: string;
  readonly ca: string | undefined;
}

async function verify(settings: Settings, { secret, ca }: Trust, name: string, password: string): Promise<readonly Role[] | undefined> {
  // a bind without a password succeeds for everybody (RFC 4513 §5.1.2)
  if (!NAME.test(name) || password === '') return undefined;
  const { url, bindDn, timeoutMs } = settings;
  const isSecure = url.startsWith('ldaps:');
  const tlsOptions = { minVersion: 'TLSv1.2' as const, ...(ca === undefined ? {} : { ca }) };
  const client = new Client({ url, timeout: timeoutMs, connectTimeout: timeoutMs, ...(isSecure ? { tlsOptions } : {}) });
  try {
    if (!isSecure) await client.startTLS(tlsOptions);
    if (bindDn !== '') await client.bind(bindDn, secret);
    const dn = await dnOf(client, settings, name);
    if (dn === undefined) return undefined;
    const roles = rolesOf(await groupsOf(client, settings, dn), settings);
    try {
      await client.bind(dn, password);
    } catch (fault) {
      if (fault instanceof InvalidCredentialsError) return undefined;
      throw fault;
    }
    const conflict = conflictIn(roles);
    if (conflict) throw new RolesConflict(...conflict); // told to whoever has proven the password only
    return roles;
  } catch (fault) {
    if (fault instanceof RolesConflict) throw fault;
    throw new DirectoryUnavailable(fault);
  } finally {
    await client.unbind().catch(() => undefined);
  }
}

/** The one entry of this name; two are as good as none. */
async function dnOf(client: Client, { baseDn, userAttribute, timeoutMs }: Settings, name: string): Promise<string | undefined> {
  const { searchEntries } = await client.search(baseDn, {
    scope: 'sub',
    filter: new EqualityFilter({ attribute: userAttribute, value: name }),
    attributes: ['1.1'], // no attributes at all (RFC 4511 §4.5.1.8): the gateway learns nothing it does not need
    sizeLimit: 2,
    timeLimit: Math.ceil(timeoutMs / 1000),
  });
  return searchEntries.length === 1 ? searchEntries[0]?.dn : undefined;
}

/** Groups of this person, and those the groups are in, level by level; each is asked about once, so circles end. */
async function groupsOf(
  client: Client,
  { baseDn, memberAttribute, nesting, timeoutMs }: Settings,
  dn: string,
): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  let level = [dn];
  for (let depth = 0; depth < nesting && level.length > 0; depth++) {
    const next: string[] = [];
    for (const member of level) {
      const { searchEntries } = await client.search(baseDn, {
        scope: 'sub',
        filter: new EqualityFilter({ attribute: memberAttribute, value: member }),
        attributes: ['1.1'],
        timeLimit: Math.ceil(timeoutMs / 1000),
      });
      for (const entry of searchEntries) {
        if (found.size >= GROUPS_MAX || found.has(plain(entry.dn))) continue;
        found.add(plain(entry.dn));
        next.push(entry.dn);
      }
    }
    level = next;
  }
  return found;
}

function rolesOf(groups: ReadonlySet<string>, settings: Settings): Role[] {
  return [...new Set(settings.groups.filter(({ dn }) => groups.has(plain(dn))).map(({ role }) => role))];
}

/** Names of a directory compare without case and without the spaces around commas (RFC 4518, as far as the DNs of settings need it). */
const plain = (dn: string): string => dn.toLowerCase().replaceAll(/\s*([,=])\s*/g, '$1');
