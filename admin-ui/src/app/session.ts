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

/** Also done when the session had ended already. @throws GatewayRefused while a call is in progress */
export async function signOut(): Promise<void> {
  try {
    await postJson('/api/sign-out');
  } catch (error) {
    if (!(error instanceof GatewayRefused && error.status === 401)) throw error;
  }
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
  };
}
