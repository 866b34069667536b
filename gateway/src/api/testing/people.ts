/** People with roles for tests of the doors: they enrol as the real ones do, through the API, with an authenticator app of their own. */
import { Secret, TOTP } from 'otpauth';
import type { Role } from '@keepline/contracts/roles';
import { isPrivileged } from '@keepline/contracts/roles';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { cookieOf } from './ask.ts';
import { type TestSite } from './open-site.ts';

export const OPERATOR = { who: 'os:test', role: 'operator', from: 'console' } as const;
const TotpBegun = Type.Object({ secret: Type.String(), uri: Type.String() });
const Codes = Type.Object({ recoveryCodes: Type.Array(Type.String()) });

export interface Person {
  readonly id: string;
  readonly cookie: string;
  readonly password: string;
  readonly recoveryCodes: readonly string[];
  /** What the authenticator app shows at this moment. */
  readonly code: (atMs: number) => string;
}

export const headersOf = (person: Pick<Person, 'cookie'>): { headers: Record<string, string> } => ({ headers: { cookie: person.cookie } });

/** An account with these roles, signed in with everything its roles ask for. */
export async function enrolled(site: TestSite, id: string, roles: readonly Role[]): Promise<Person> {
  const { code } = await site.identity.accounts.create(OPERATOR, id, id);
  await site.identity.accounts.setRoles(OPERATOR, id, roles);
  return firstSignIn(site, id, code, isPrivileged(roles));
}

/** From an enrolment code to an open session. */
export async function firstSignIn(site: TestSite, id: string, enrolmentCode: string, isPrivilegedRole: boolean): Promise<Person> {
  const password = `Kettle-on-the-stove-${id.length}`;
  const answer = await site.ask('POST', '/api/sign-in', { body: { agent: id, password: enrolmentCode } });
  if (answer.status !== 200) throw new Error(`the enrolment code of ${id} was refused: ${answer.text}`);
  const cookie = cookieOf(answer);
  const post = async (path: string, body?: unknown) => {
    const reply = await site.ask('POST', path, { headers: { cookie }, ...(body === undefined ? {} : { body }) });
    if (reply.status >= 300) throw new Error(`${path}: ${reply.text}`);
    return reply.json;
  };
  await post('/api/session/password', { next: password });
  if (!isPrivilegedRole) return { id, cookie, password, recoveryCodes: [], code: () => '' };
  const { secret } = Value.Parse(TotpBegun, await post('/api/factors/totp'));
  const app = new TOTP({ secret: Secret.fromBase32(secret) });
  const code = (atMs: number): string => app.generate({ timestamp: atMs });
  const { recoveryCodes } = Value.Parse(Codes, await post('/api/factors/totp/confirm', { code: code(site.clock.now()), label: 'phone' }));
  return { id, cookie, password, recoveryCodes, code };
}
