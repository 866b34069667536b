/** Accounts, sessions and tokens of others, for administrators. Codes and tokens are shown once, in the reply. */
import { isRole, ROLES } from '@keepline/contracts/roles';
import { Type } from 'typebox';
import type { ApiParts } from '../api-parts.ts';
import { ErrorReply } from '../error-reply.ts';
import { actorOf, type TypedDoor } from '../typed-door.ts';
import { factsOf, SessionFacts } from './session.ts';

const refusals = { 401: ErrorReply, 403: ErrorReply, 404: ErrorReply, 409: ErrorReply };
const id = Type.Object({ id: Type.String({ maxLength: 48 }) });
const Enrolment = Type.Object({ user: Type.String(), code: Type.String({ description: 'One-time enrolment code; shown once.' }) });
const User = Type.Object({
  id: Type.String(),
  name: Type.String(),
  roles: Type.Array(Type.String()),
  isDisabled: Type.Boolean(),
  isLocked: Type.Boolean(),
  hasFactor: Type.Boolean(),
  origin: Type.String(),
});
const Token = Type.Object({
  id: Type.String(),
  name: Type.String(),
  permissions: Type.Array(Type.String()),
  createdBy: Type.String(),
  createdAtMs: Type.Number(),
  expiresAtMs: Type.Number(),
  revokedAtMs: Type.Union([Type.Number(), Type.Null()]),
});
/** Shown in lists, also on terminals: no control characters, which could forge lines or drive a terminal. */
const shownName = Type.String({ minLength: 1, maxLength: 64, pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]*$' });
const DAY_MS = 86_400_000;

export function userRoutes(app: TypedDoor, { identity }: ApiParts): void {
  const { accounts, tokens } = identity;

  app.get(
    '/api/users',
    {
      config: { sensitive: 'user.list', access: { permission: 'users.read' } },
      schema: { summary: 'All accounts with their roles.', response: { 200: Type.Array(User), ...refusals } },
    },
    async (request) => (await accounts.list(actorOf(request))).map((account) => ({ ...account, roles: [...account.roles] })),
  );

  app.post(
    '/api/users',
    {
      config: { sensitive: 'user.create', access: { permission: 'users.create' } },
      schema: {
        summary: 'Makes an account without any right; a security administrator gives it roles.',
        body: Type.Object(
          {
            id: Type.String({ minLength: 1, maxLength: 48 }),
            name: shownName,
            person: Type.Optional(Type.String({ maxLength: 48, description: 'Whose further account it is.' })),
          },
          { additionalProperties: false },
        ),
        response: { 201: Enrolment, ...refusals },
      },
    },
    async (request, reply) => {
      const { id, name, person } = request.body;
      return reply.code(201).send(await accounts.create(actorOf(request), id, name, person));
    },
  );

  for (const [act, isDisabled] of [
    ['disable', true],
    ['enable', false],
  ] as const) {
    app.post(
      `/api/users/:id/${act}`,
      {
        config: { sensitive: `user.${act}`, access: { permission: 'users.create' } },
        schema: {
          summary: `Sets an account to ${act}d; disabling ends its sessions.`,
          params: id,
          response: { 204: Type.Null(), ...refusals },
        },
      },
      async (request, reply) => {
        await accounts.setDisabled(actorOf(request), request.params.id, isDisabled);
        return reply.code(204).send(null);
      },
    );
  }

  app.put(
    '/api/users/:id/roles',
    {
      config: { sensitive: 'user.roles', access: { permission: 'users.secure' } },
      schema: {
        summary: 'Sets the roles of an account (not `agent`, which site.yaml gives). Its sessions end.',
        params: id,
        body: Type.Object({ roles: Type.Array(Type.Enum([...ROLES]), { maxItems: ROLES.length }) }, { additionalProperties: false }),
        response: { 204: Type.Null(), ...refusals },
      },
    },
    async (request, reply) => {
      await accounts.setRoles(actorOf(request), request.params.id, request.body.roles.filter(isRole));
      return reply.code(204).send(null);
    },
  );

  app.post(
    '/api/users/:id/unlock',
    {
      config: { sensitive: 'user.unlock', access: { permission: 'users.secure' } },
      schema: { summary: 'Ends a lock-out.', params: id, response: { 204: Type.Null(), ...refusals } },
    },
    async (request, reply) => {
      await accounts.unlock(actorOf(request), request.params.id);
      return reply.code(204).send(null);
    },
  );

  app.post(
    '/api/users/:id/reset',
    {
      config: { sensitive: 'user.reset', access: { permission: 'users.secure' } },
      schema: {
        summary: 'Takes password, second factors and sessions away and issues a new one-time code.',
        params: id,
        response: { 200: Enrolment, ...refusals },
      },
    },
    async (request) => accounts.reset(actorOf(request), request.params.id),
  );

  app.get(
    '/api/sessions',
    {
      config: { sensitive: 'session.list', access: { permission: 'sessions.read' } },
      schema: { summary: 'The sessions of everybody.', response: { 200: Type.Array(SessionFacts), ...refusals } },
    },
    async (request) => (await accounts.sessions(actorOf(request))).map((session) => factsOf(session, request.caller?.session)),
  );

  app.delete(
    '/api/users/:id/sessions',
    {
      config: { sensitive: 'session.revoke', access: { permission: 'sessions.revoke' } },
      schema: {
        summary: 'Ends all sessions of an account.',
        params: id,
        response: { 200: Type.Object({ ended: Type.Number() }), ...refusals },
      },
    },
    async (request) => ({ ended: await accounts.endSessionsOf(actorOf(request), request.params.id) }),
  );

  app.get(
    '/api/tokens',
    {
      config: { sensitive: 'token.list', access: { permission: 'tokens.manage' } },
      schema: { summary: 'Tokens of machines, those of the past year included.', response: { 200: Type.Array(Token), ...refusals } },
    },
    async (request) => (await tokens.list(actorOf(request))).map((token) => ({ ...token, permissions: [...token.permissions] })),
  );

  app.post(
    '/api/tokens',
    {
      config: { sensitive: 'token.create', access: { permission: 'tokens.manage' } },
      schema: {
        summary: 'Issues a token for a machine: `Authorization: Bearer …`. Shown once.',
        body: Type.Object(
          {
            name: Type.String({ minLength: 1, maxLength: 64, pattern: '^[\\w .-]+$' }),
            permissions: Type.Array(Type.String({ maxLength: 48 }), { minItems: 1, maxItems: 10 }),
            days: Type.Integer({ minimum: 1, maximum: 366 }),
          },
          { additionalProperties: false },
        ),
        response: { 201: Type.Object({ token: Type.String(), facts: Token }), ...refusals },
      },
    },
    async (request, reply) => {
      const { name, permissions, days } = request.body;
      const { token, facts } = await tokens.create(actorOf(request), name, permissions, days * DAY_MS);
      return reply.code(201).send({ token, facts: { ...facts, permissions: [...facts.permissions] } });
    },
  );

  app.delete(
    '/api/tokens/:id',
    {
      config: { sensitive: 'token.revoke', access: { permission: 'tokens.manage' } },
      schema: { summary: 'Revokes a token at once.', params: id, response: { 204: Type.Null(), ...refusals } },
    },
    async (request, reply) => {
      await tokens.revoke(actorOf(request), request.params.id);
      return reply.code(204).send(null);
    },
  );
}
