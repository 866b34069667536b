/** Signing in by an identity provider: the way there, and the way back. The cookie between them is the only one another site's link may carry. */
import { Type } from 'typebox';
import { KeeplineError } from '@keepline/contracts/errors';
import { OidcAbsent } from '../../identity/errors.ts';
import { ATTEMPT_SECONDS } from '../../identity/oidc-sign-in.ts';
import type { ApiParts } from '../api-parts.ts';
import { ErrorReply } from '../error-reply.ts';
import { sessionCookie } from '../session-cookie.ts';
import type { TypedDoor } from '../typed-door.ts';

export function oidcRoutes(
  app: TypedDoor,
  { identity }: Pick<ApiParts, 'identity'>,
  o: { readonly signInsPerMinute: number; readonly isSecure: boolean },
): void {
  const session = sessionCookie(o.isSecure);
  // the browser comes back by a link of another site, to which it gives no strict cookie
  const ticket = { name: session.name.replace('session', 'oidc'), options: { ...session.options, sameSite: 'lax' } } as const;
  const rateLimit = { max: o.signInsPerMinute, timeWindow: 60_000 };

  app.get(
    '/api/sign-in/ways',
    {
      config: { sensitive: false, access: 'public' },
      schema: {
        summary: 'How people may sign in here beside name and password.',
        response: { 200: Type.Object({ oidc: Type.Boolean() }) },
      },
    },
    async () => ({ oidc: identity.oidc !== undefined }),
  );

  app.post(
    '/api/sign-in/oidc',
    {
      config: { sensitive: false, access: 'public', rateLimit },
      schema: {
        summary: 'Begins to sign in by the identity provider; the browser goes to `url`.',
        response: { 200: Type.Object({ url: Type.String() }), 404: ErrorReply, 429: ErrorReply, 503: ErrorReply },
      },
    },
    async (_request, reply) => {
      if (!identity.oidc) throw new OidcAbsent();
      const begun = await identity.oidc.begin();
      void reply.setCookie(ticket.name, begun.ticket, { ...ticket.options, maxAge: ATTEMPT_SECONDS });
      return { url: begun.url };
    },
  );

  app.get(
    '/api/sign-in/oidc/callback',
    {
      config: { sensitive: 'agent.sign_in', access: 'public', rateLimit },
      schema: {
        summary: 'Where the provider sends the browser back to: opens a session, or leads to the sign-in page, which shows why not.',
        response: { 303: Type.Null() },
      },
    },
    async (request, reply) => {
      void reply.clearCookie(ticket.name, ticket.options);
      try {
        if (!identity.oidc) throw new OidcAbsent();
        const query = request.url.slice(request.url.indexOf('?') + 1);
        const opened = await identity.oidc.finish(query, request.cookies[ticket.name], request.ip);
        void reply.setCookie(session.name, opened.token, session.options);
        return await reply.code(303).header('location', '/').send(null);
      } catch (fault) {
        if (!(fault instanceof KeeplineError)) throw fault;
        return reply.code(303).header('location', `/?refused=${fault.code}`).send(null); // a person looks at this, not a program
      }
    },
  );
}
