/** Who sends a request: the person of a session cookie, or the machine of a bearer token (RFC 6750 §2.1), never both. */
import { permissionsOf } from '@keepline/contracts/roles';
import { leadingRole } from '../identity/directory.ts';
import { MachineRefused } from '../identity/errors.ts';
import type { ShownCertificate } from '../identity/machine-certificates.ts';
import type { ApiParts } from './api-parts.ts';
import type { Caller } from './authorise.ts';

/** @throws MachineRefused also when only the time of the certificate is over */
export function machineCaller(shown: ShownCertificate, from: string, { machines, clock }: Pick<ApiParts, 'machines' | 'clock'>): Caller {
  const machine = machines?.find(shown, clock.now());
  if (!machine) throw new MachineRefused();
  const actor = { who: `machine:${machine.name}`, role: 'machine', from };
  return { actor, permissions: new Set(machine.permissions), session: undefined, stage: 'open', isFresh: false };
}

export interface Credentials {
  readonly authorization: string | undefined;
  /** Value of the session cookie. */
  readonly cookie: string | undefined;
  readonly from: string;
}

/** Undefined when what was sent is worth nothing. A request with a bad token does not fall back on its cookie. */
export function callerOf({ authorization, cookie, from }: Credentials, { identity }: Pick<ApiParts, 'identity'>): Caller | undefined {
  if (authorization !== undefined) {
    const token = identity.tokens.find(/^Bearer ([\w-]{1,128})$/i.exec(authorization)?.[1] ?? '');
    if (!token) return undefined;
    const actor = { who: `token:${token.id}`, role: 'machine', from };
    return { actor, permissions: new Set(token.permissions), session: undefined, stage: 'open', isFresh: false };
  }
  const session = cookie === undefined ? undefined : identity.sessions.find(cookie);
  if (!session) return undefined;
  return {
    actor: { who: session.userId, role: leadingRole(session.roles), from },
    permissions: permissionsOf(session.roles),
    session,
    stage: identity.sessions.stage(session),
    isFresh: identity.sessions.isFresh(session),
  };
}
