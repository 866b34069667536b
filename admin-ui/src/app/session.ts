/** Who is signed in, as the gateway says: asked once at the start and after every refusal, changed by signing in and out. */
import { queryOptions } from '@tanstack/react-query';
import type { SessionReply, SignInRequest } from '@keepline/contracts/agent-protocol';
import { GatewayRefused, GatewayReplyInvalid } from '../server/errors.ts';
import { getJson, isRecord, postJson } from '../server/http-client.ts';

/** `null` when nobody is signed in here. */
export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: askSession,
  staleTime: Number.POSITIVE_INFINITY,
  retry: 2,
});

async function askSession(): Promise<SessionReply | null> {
  try {
    return readSession('/api/session', await getJson('/api/session'));
  } catch (error) {
    if (error instanceof GatewayRefused && error.status === 401) return null;
    throw error;
  }
}

export async function signIn(request: SignInRequest): Promise<SessionReply> {
  return readSession('/api/sign-in', await postJson('/api/sign-in', request));
}

/** Whether the site has an identity provider people may sign in by; an answer that says nothing else is a no. */
export async function hasProvider(): Promise<boolean> {
  const body = await getJson('/api/sign-in/ways');
  return isRecord(body) && body.oidc === true;
}

/** Where the browser goes to sign in there. */
export async function providerAddress(): Promise<string> {
  const body = await postJson('/api/sign-in/oidc');
  if (!isRecord(body) || typeof body.url !== 'string' || !body.url.startsWith('https://')) {
    throw new GatewayReplyInvalid('/api/sign-in/oidc', 200);
  }
  return body.url;
}

/**
 * Also done when the session had ended already. @returns where the browser ends the session at the identity provider too; undefined: nowhere
 * @throws GatewayRefused while a call is in progress
 */
export async function signOut(): Promise<string | undefined> {
  try {
    const body = await postJson('/api/sign-out');
    return isRecord(body) && typeof body.url === 'string' && body.url.startsWith('https://') ? body.url : undefined;
  } catch (error) {
    if (!(error instanceof GatewayRefused && error.status === 401)) throw error;
    return undefined;
  }
}

/** Only before the session is open: then the gateway asks for the current password too. @throws GatewayRefused by the policy */
export async function changePassword(next: string): Promise<SessionReply> {
  return readSession('/api/session/password', await postJson('/api/session/password', { next }));
}

/** Six digits are of an authenticator app, anything else is a recovery code. */
export async function proveFactor(code: string): Promise<SessionReply> {
  const proof = /^\d{6}$/.test(code) ? { totp: code } : { recoveryCode: code };
  return readSession('/api/session/second-factor', await postJson('/api/session/second-factor', proof));
}

/** The secret of an authenticator app, in base 32, and the same as an address for its camera (otpauth:). */
export async function beginTotp(): Promise<{ readonly secret: string; readonly uri: string }> {
  const body = await postJson('/api/factors/totp');
  if (!isRecord(body) || typeof body.secret !== 'string' || typeof body.uri !== 'string') {
    throw new GatewayReplyInvalid('/api/factors/totp', 200);
  }
  return { secret: body.secret, uri: body.uri };
}

/** A second factor that counts from now on. */
export interface Enrolled {
  readonly session: SessionReply;
  /** Shown once; empty unless it was the first factor. */
  readonly recoveryCodes: readonly string[];
}

export async function confirmTotp(code: string): Promise<Enrolled> {
  const path = '/api/factors/totp/confirm';
  const body = await postJson(path, { code, label: 'authenticator' });
  if (!isRecord(body) || !Array.isArray(body.recoveryCodes)) throw new GatewayReplyInvalid(path, 200);
  return { session: readSession('/api/session', await getJson('/api/session')), recoveryCodes: body.recoveryCodes.map(String) };
}

/** The parse boundary: only what the desk uses is looked at. @throws GatewayReplyInvalid */
export function readSession(path: string, body: unknown): SessionReply {
  if (!isRecord(body) || !isRecord(body.agent) || typeof body.agent.id !== 'string' || typeof body.agent.name !== 'string') {
    throw new GatewayReplyInvalid(path, 200);
  }
  return {
    agent: { id: body.agent.id, name: body.agent.name },
    site: typeof body.site === 'string' ? body.site : '',
    language: body.language === 'en' ? 'en' : 'zh',
    roles: Array.isArray(body.roles) ? body.roles.map(String) : [],
    stage: STAGES.find((stage) => stage === body.stage) ?? 'open',
  };
}

const STAGES = ['second_factor', 'password_change', 'factor_enrolment', 'open'] as const;
