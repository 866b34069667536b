/** Sign-in, sign-out, the session that a page finds when it loads, and the steps from a password to an open session. */
import { type SessionReply, SignInRequest } from '@keepline/contracts/agent-protocol';
import type { AuditAct } from '@keepline/contracts/audit-acts';
import { Type } from 'typebox';
import type { Stage } from '../../identity/session-stage.ts';
import type { Session } from '../../identity/sessions.ts';
import type { ApiParts } from '../api-parts.ts';
import { ErrorReply } from '../error-reply.ts';
import { sessionCookie } from '../session-cookie.ts';
import { actorOf, sessionOf, type TypedDoor } from '../typed-door.ts';

const SessionReplySchema = Type.Object({
  agent: Type.Object({ id: Type.String(), name: Type.String() }),
  site: Type.String(),
  language: Type.Union([Type.Literal('zh'), Type.Literal('en')]),
  roles: Type.Array(Type.String()),
  stage: Type.String({ description: 'second_factor, password_change, factor_enrolment or open: what is still to be done.' }),
});
export const SessionFacts = Type.Object({
  id: Type.String(),
  user: Type.String(),
  from: Type.String(),
  openedAtMs: Type.Number(),
  isThis: Type.Boolean(),
});
const NewPassword = Type.Object(
  {
    current: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
    next: Type.String({ minLength: 1, maxLength: 256 }),
  },
  { additionalProperties: false },
);
const refusals = { 401: ErrorReply, 403: ErrorReply, 409: ErrorReply, 429: ErrorReply };
const own = (sensitive: AuditAct | false, ...stages: Stage[]) => ({ sensitive, access: { permission: 'session.own', stages } }) as const;
const UNFINISHED = ['second_factor', 'password_change', 'factor_enrolment'] as const;

export function sessionRoutes(app: TypedDoor, parts: ApiParts, o: { readonly signInsPerMinute: number; readonly isSecure: boolean }): void {
  const cookie = sessionCookie(o.isSecure);
  const { identity } = parts;
  const replyFor = (session: Session) =>
    ({
      agent: { id: session.userId, name: identity.directory.find(session.userId)?.name ?? session.userId },
      site: parts.site.name,
      language: parts.site.language,
      roles: [...session.roles],
      stage: identity.sessions.stage(session),
    }) satisfies SessionReply;
  const rateLimit = { max: o.signInsPerMinute, timeWindow: 60_000 };

  app.post(
    '/api/sign-in',
    {
      config: { sensitive: 'agent.sign_in', access: 'public', rateLimit },
      schema: {
        summary: 'Opens a session; the cookie of the reply carries it. `stage` says what is still to be done before it has any right.',
        body: SignInRequest,
        response: { 200: SessionReplySchema, 401: ErrorReply, 403: ErrorReply, 429: ErrorReply, 503: ErrorReply },
      },
    },
    async (request, reply) => {
      // whatever token came along is not looked at: a session is always a new one (no fixation)
      const { token, session } = await identity.signIn.signIn(request.body.agent, request.body.password, request.ip);
      void reply.setCookie(cookie.name, token, cookie.options);
      return replyFor(session);
    },
  );

  app.post(
    '/api/sign-out',
    {
      config: own('agent.sign_out', ...UNFINISHED),
      schema: {
        summary: 'Ends the session; refused while a call is in progress. `url`: where the browser ends the one at the identity provider.',
        response: { 200: Type.Object({ url: Type.String() }), 204: Type.Null(), ...refusals },
      },
    },
    async (request, reply) => {
      const session = sessionOf(request);
      const url = await identity.oidc?.signOutUrl(session);
      await identity.signIn.signOut(session, request.ip);
      void reply.clearCookie(cookie.name, cookie.options);
      return url === undefined ? reply.code(204).send(null) : reply.code(200).send({ url });
    },
  );

  app.get(
    '/api/session',
    {
      config: own(false, ...UNFINISHED),
      schema: { summary: 'Who is signed in here, and how far.', response: { 200: SessionReplySchema, ...refusals } },
    },
    async (request) => replyFor(sessionOf(request)),
  );

  app.post(
    '/api/session/password',
    {
      config: { ...own('password.change', 'password_change'), rateLimit },
      schema: {
        summary: 'Changes your password. `current` is asked for once the session is open. Your other sessions end.',
        body: NewPassword,
        response: { 200: SessionReplySchema, ...refusals },
      },
    },
    async (request) => {
      const session = sessionOf(request);
      await identity.own.changePassword(session, request.body.current, request.body.next, request.ip);
      return replyFor(session);
    },
  );

  app.post(
    '/api/session/second-factor',
    {
      config: { ...own('session.second_factor', 'second_factor'), rateLimit },
      schema: {
        summary: 'Proves a code of your authenticator app, or uses up a recovery code; also the step-up for privileged acts.',
        body: Type.Union([
          Type.Object({ totp: Type.String({ maxLength: 16 }) }, { additionalProperties: false }),
          Type.Object({ recoveryCode: Type.String({ maxLength: 64 }) }, { additionalProperties: false }),
        ]),
        response: { 200: SessionReplySchema, ...refusals },
      },
    },
    async (request) => {
      const session = sessionOf(request);
      await identity.own.prove(session, request.body, request.ip);
      return replyFor(session);
    },
  );

  app.get(
    '/api/session/all',
    { config: own(false), schema: { summary: 'Your own sessions.', response: { 200: Type.Array(SessionFacts), ...refusals } } },
    async (request) => {
      const session = sessionOf(request);
      return identity.sessions.of(session.userId).map((each) => factsOf(each, session));
    },
  );

  app.delete(
    '/api/sessions/:id',
    {
      config: own('session.revoke'),
      schema: {
        summary: 'Ends one session: your own, or anybody’s with the permission sessions.revoke; all others are as if they were not there.',
        params: Type.Object({ id: Type.String({ maxLength: 48 }) }),
        response: { 204: Type.Null(), 404: ErrorReply, ...refusals },
      },
    },
    async (request, reply) => {
      const mayEndOthers = request.caller?.permissions.has('sessions.revoke') === true;
      await identity.accounts.endSession(actorOf(request), request.params.id, mayEndOthers);
      return reply.code(204).send(null);
    },
  );
}

export function factsOf({ id, userId, from, openedAtMs }: Session, mine: Session | undefined) {
  return { id, user: userId, from, openedAtMs, isThis: id === mine?.id };
}
