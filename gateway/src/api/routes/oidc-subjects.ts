/** Who at the identity provider is who here: looked at by administrators, said by a security administrator. */
import { Type } from 'typebox';
import { OidcAbsent } from '../../identity/errors.ts';
import type { OidcSubjects } from '../../identity/oidc-subjects.ts';
import type { ApiParts } from '../api-parts.ts';
import { ErrorReply } from '../error-reply.ts';
import { actorOf, type TypedDoor } from '../typed-door.ts';

const refusals = { 400: ErrorReply, 401: ErrorReply, 403: ErrorReply, 404: ErrorReply, 409: ErrorReply };
const one = Type.Object({ id: Type.String({ maxLength: 64 }) });
const Subject = Type.Object({
  id: Type.String(),
  issuer: Type.String(),
  subject: Type.String(),
  claimedName: Type.String({ description: 'As the provider said it: a hint, no proof.' }),
  seenAtMs: Type.Number(),
  user: Type.String({ description: 'The account; empty while it waits.' }),
  boundBy: Type.String(),
  boundAtMs: Type.Number(),
});

export function oidcSubjectRoutes(app: TypedDoor, { identity }: Pick<ApiParts, 'identity'>): void {
  const subjects = (): OidcSubjects => {
    if (!identity.oidc) throw new OidcAbsent();
    return identity.oidc.subjects;
  };

  app.get(
    '/api/oidc/subjects',
    {
      config: { sensitive: 'user.list', access: { permission: 'users.read' } },
      schema: {
        summary: 'People of the identity provider: those who wait to be bound, then those who are.',
        response: { 200: Type.Array(Subject), ...refusals },
      },
    },
    async (request) => subjects().list(actorOf(request)),
  );

  app.post(
    '/api/oidc/subjects/:id/bind',
    {
      config: { sensitive: 'user.bind', access: { permission: 'users.secure' } },
      schema: {
        summary: 'Binds one to an account, which the first sign-in makes where it is not there.',
        params: one,
        body: Type.Object({ user: Type.String({ minLength: 1, maxLength: 48 }) }, { additionalProperties: false }),
        response: { 204: Type.Null(), ...refusals },
      },
    },
    async (request, reply) => {
      await subjects().bind(actorOf(request), request.params.id, request.body.user);
      return reply.code(204).send(null);
    },
  );

  app.delete(
    '/api/oidc/subjects/:id',
    {
      config: { sensitive: 'user.unbind', access: { permission: 'users.secure' } },
      schema: { summary: 'Forgets one; the sessions of its account end.', params: one, response: { 204: Type.Null(), ...refusals } },
    },
    async (request, reply) => {
      await subjects().remove(actorOf(request), request.params.id);
      return reply.code(204).send(null);
    },
  );
}
