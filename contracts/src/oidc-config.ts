/** Settings of signing in by an identity provider of the bank (OpenID Connect). */
import { Type } from 'typebox';
import { group, text, whole } from './config-field.ts';
import { DirectoryRole } from './ldap-config.ts';

const values = (given: string[], description: string) =>
  Type.Array(Type.String({ minLength: 1, maxLength: 200 }), { default: given, maxItems: 16, description });
const claim = (given: string, description: string) => text(given, description, { pattern: '^[A-Za-z][A-Za-z0-9_:./-]{0,127}$' });

export const OidcSettings = group('Sign-in by an identity provider (OpenID Connect); accounts made here work without it.', {
  issuer: text('', 'Issuer of the provider, `https://…`; empty: none.', { pattern: '^$|^https://[^\\s?#]+$' }),
  caFile: text('', 'PEM of the authorities trusted for it, and no others; empty trusts those of the system.'),
  clientId: text('keepline', 'Name of this site at the provider.', { minLength: 1 }),
  clientSecretFile: text('', 'File with the secret of this site, which only the gateway may read; empty for a public client.'),
  redirectUri: text(
    '',
    'Where the provider sends the browser back to: `https://DESK:PORT/api/sign-in/oidc/callback`, as registered there.',
    {
      pattern: '^$|^https://[A-Za-z0-9.:\\[\\]-]+/api/sign-in/oidc/callback$',
    },
  ),
  nameClaim: claim('preferred_username', 'Claim that holds a name, shown to whoever binds the person to an account; it proves nothing.'),
  rolesClaim: claim('groups', 'Claim of the ID token that names what `roles` is asked for: a text, or a list of texts.'),
  roles: Type.Array(
    Type.Object({ value: text('', 'Value of that claim.', { minLength: 1 }), role: DirectoryRole }, { additionalProperties: false }),
    { default: [], maxItems: 64, description: 'Roles by value; who has none of these may not come in. Agents stand in `agents`.' },
  ),
  scope: text('openid profile', 'What is asked of the provider.', { pattern: '^openid( [\\x21\\x23-\\x5B\\x5D-\\x7E]+)*$' }),
  acr: values([], 'Values of `acr` that stand for two factors, one of them cryptographic; the first are also asked for.'),
  amr: values(['mfa'], 'Values of `amr` (RFC 8176) that do; with neither, a privileged role proves its second factor here.'),
  timeoutMs: whole(3000, 200, 30_000, 'How long each question to the provider may take, ms.'),
});
