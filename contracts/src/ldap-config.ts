/** Settings of signing in by a directory of the bank (LDAP, Active Directory). */
import { Type } from 'typebox';
import { group, text, whole } from './config-field.ts';

/** What a directory or a provider may give: every role but `agent`, which the site file gives. */
export const DirectoryRole = Type.Union(
  [
    Type.Literal('supervisor'),
    Type.Literal('quality_reviewer'),
    Type.Literal('compliance_officer'),
    Type.Literal('system_admin'),
    Type.Literal('security_admin'),
    Type.Literal('audit_admin'),
  ],
  { default: 'supervisor', description: 'Role its members have.' },
);

export const LdapSettings = group('Sign-in by a directory (LDAP, Active Directory); accounts made here work without it.', {
  url: text('', '`ldaps://HOST:PORT`, or `ldap://HOST:PORT`, which goes on with StartTLS or not at all; empty: no directory.', {
    pattern: '^$|^ldaps?://[A-Za-z0-9.:\\[\\]-]+$',
  }),
  caFile: text('', 'PEM of the authorities trusted for it, and no others; empty trusts those of the system.'),
  bindDn: text('', 'Name the gateway searches under.'),
  bindPasswordFile: text('ldap-password', 'File with its password, which only the gateway may read.'),
  baseDn: text('', 'Where people and groups are searched.'),
  userAttribute: text('uid', 'Attribute that holds the sign-in name; `sAMAccountName` in Active Directory.', {
    pattern: '^[A-Za-z][A-Za-z0-9-]{0,63}$',
  }),
  memberAttribute: text('member', 'Attribute of a group that names its members by DN.', { pattern: '^[A-Za-z][A-Za-z0-9-]{0,63}$' }),
  nesting: whole(3, 1, 8, 'Levels of groups within groups that are followed.'),
  timeoutMs: whole(3000, 200, 30_000, 'How long each step may take, ms.'),
  groups: Type.Array(
    Type.Object({ dn: text('', 'DN of a group.', { minLength: 1 }), role: DirectoryRole }, { additionalProperties: false }),
    {
      default: [],
      maxItems: 64,
      description: 'Roles by group; who is in none of these groups may not come in. Agents stand in `agents`.',
    },
  ),
});
