/**
 * The secrets of trunks and phones: a YAML file that only the user of the gateway may read, apart from `site.yaml`, which many see.
 * Nothing of it is ever in an error or a log.
 */
import { lstatSync, readFileSync } from 'node:fs';
import { KeeplineError } from '@keepline/contracts/errors';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { parse } from 'yaml';
import type { DigestSecret } from '../sip/digest.ts';

const Password = Type.Object(
  { username: Type.String({ minLength: 1 }), password: Type.String({ minLength: 1 }) },
  { additionalProperties: false },
);
const SecretsFile = Type.Object(
  {
    /** By the name of the trunk: what we prove ourselves with there, and what it proves itself with here. */
    trunks: Type.Record(
      Type.String(),
      Type.Object({ outbound: Type.Optional(Password), inbound: Type.Optional(Password) }, { additionalProperties: false }),
      { default: {} },
    ),
    /** By the id of the agent, which is the user name of the phone. */
    phones: Type.Record(
      Type.String(),
      Type.Union([
        Type.Object({ password: Type.String({ minLength: 1 }) }, { additionalProperties: false }),
        Type.Object(
          {
            ha1: Type.Object(
              { MD5: Type.Optional(Type.String()), 'SHA-256': Type.Optional(Type.String()) },
              { additionalProperties: false },
            ),
          },
          { additionalProperties: false },
        ),
      ]),
      { default: {} },
    ),
  },
  { additionalProperties: false, default: {} },
);

export interface SipSecrets {
  /** For challenges of this trunk to us. */
  outbound(trunk: string): DigestSecret | null;
  /** Which trunk this user name belongs to, and what it must know. */
  inbound(username: string): { readonly trunk: string; readonly secret: DigestSecret } | null;
  phone(agentId: string): DigestSecret | null;
}

/**
 * An absent file holds no secrets.
 * @param realm of HA1 secrets: the name of the site
 * @throws KeeplineError SIP_SECRETS_LAX, SIP_SECRETS_INVALID
 */
export function readSipSecrets(path: string, realm: string): SipSecrets {
  const file = readPrivate(path);
  const byUser = new Map(
    Object.entries(file.trunks).flatMap(([trunk, { inbound }]) =>
      inbound ? [[inbound.username, { trunk, secret: inbound }] as const] : [],
    ),
  );
  return {
    outbound: (trunk) => file.trunks[trunk]?.outbound ?? null,
    inbound: (username) => byUser.get(username) ?? null,
    phone(agentId) {
      const secret = Object.hasOwn(file.phones, agentId) ? file.phones[agentId] : undefined;
      if (secret === undefined) return null;
      return 'password' in secret ? { username: agentId, password: secret.password } : { username: agentId, realm, ha1: secret.ha1 };
    },
  };
}

function readPrivate(path: string): { trunks: Record<string, { outbound?: Named; inbound?: Named }>; phones: Record<string, Phone> } {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return { trunks: {}, phones: {} };
  if (!found.isFile() || (found.mode & 0o077) !== 0) {
    throw new KeeplineError('SIP_SECRETS_LAX', `others may read the SIP secrets in ${path}`, {
      hint: `Close the file with: chmod 600 ${path} - and change the passwords if strangers had access.`,
      offending: path,
    });
  }
  let document: unknown;
  try {
    // Everything is text here: a password of digits, or one with a leading 0, stays what it is.
    document = Value.Default(SecretsFile, parse(readFileSync(path, 'utf8'), { schema: 'failsafe' }) ?? {});
  } catch {
    document = null; // the parser quotes the line it stumbled over, and that line may be a secret
  }
  if (Value.Check(SecretsFile, document)) return document;
  throw new KeeplineError('SIP_SECRETS_INVALID', `the SIP secrets in ${path} are not what is expected there`, {
    hint: 'It holds `trunks: {NAME: {outbound: {username, password}, inbound: {username, password}}}` and `phones: {AGENT: {password}}`.',
    offending: path,
  });
}
interface Named {
  username: string;
  password: string;
}
type Phone = { password: string } | { ha1: { MD5?: string; 'SHA-256'?: string } };
