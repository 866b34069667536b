/** Sign-in, sign-out and the session that a page finds when it loads. */
import { type SessionReply, SignInRequest } from '@keepline/contracts/agent-protocol';
import type { AgentId } from '@keepline/contracts/ids';
import { Type } from 'typebox';
import type { ApiParts } from '../api-parts.ts';
import { ErrorReply } from '../error-reply.ts';
import { sessionCookie } from '../session-cookie.ts';
import { sessionOf, type TypedDoor } from '../typed-door.ts';

const SessionReplySchema = Type.Object({
  agent: Type.Object({ id: Type.String(), name: Type.String() }),
  site: Type.String(),
  language: Type.Union([Type.Literal('zh'), Type.Literal('en')]),
});

export function sessionRoutes(app: TypedDoor, parts: ApiParts, o: { readonly signInsPerMinute: number; readonly isSecure: boolean }): void {
  const cookie = sessionCookie(o.isSecure);
  const names = new Map(parts.agents.map((agent) => [agent.id, agent.name]));
  const replyFor = (id: AgentId): SessionReply => ({
    agent: { id, name: names.get(id) ?? id },
    site: parts.site.name,
    language: parts.site.language,
  });

  app.post(
    '/api/sign-in',
    {
      config: { sensitive: 'agent.sign_in', access: 'public', rateLimit: { max: o.signInsPerMinute, timeWindow: 60_000 } },
      schema: {
        summary: "Opens a session; the cookie of the reply carries it. The agent's former session ends.",
        body: SignInRequest,
        response: { 200: SessionReplySchema, 401: ErrorReply, 429: ErrorReply, 503: ErrorReply },
      },
    },
    async (request, reply) => {
      // whatever token came along is not looked at: a session is always a new one (no fixation)
      const { token, session } = await parts.signIn.signIn(request.body.agent, request.body.password, request.ip);
      void reply.setCookie(cookie.name, token, cookie.options);
      return replyFor(session.agentId);
    },
  );

  app.post(
    '/api/sign-out',
    {
      config: { sensitive: 'agent.sign_out' },
      schema: {
        summary: 'Ends the session; refused while a call is in progress.',
        response: { 204: Type.Null(), 401: ErrorReply, 409: ErrorReply },
      },
    },
    async (request, reply) => {
      await parts.signIn.signOut(sessionOf(request), request.ip);
      void reply.clearCookie(cookie.name, cookie.options);
      return reply.code(204).send(null);
    },
  );

  app.get(
    '/api/session',
    { config: { sensitive: false }, schema: { summary: 'Who is signed in here.', response: { 200: SessionReplySchema, 401: ErrorReply } } },
    async (request) => replyFor(sessionOf(request).agentId),
  );
}
