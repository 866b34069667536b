/** The audit log for those who watch it: the key it is verified with, its newest entries, the proof of one. Reading it is an act in it. */
import { Type } from 'typebox';
import type { ApiParts } from '../api-parts.ts';
import { auditedRequest } from '../audited-request.ts';
import { ErrorReply } from '../error-reply.ts';
import { RequestInvalid } from '../errors.ts';
import type { TypedDoor } from '../typed-door.ts';

const refusals = { 400: ErrorReply, 401: ErrorReply, 403: ErrorReply, 404: ErrorReply, 409: ErrorReply, 503: ErrorReply };
const reading = { permission: 'audit.read' } as const;
const LISTED_MAX = 500;

export function auditRoutes(app: TypedDoor, parts: Pick<ApiParts, 'auditLog' | 'workbench' | 'clock'>): void {
  const { auditLog } = parts;

  app.get(
    '/api/audit/key',
    {
      config: { sensitive: false, access: reading },
      schema: { summary: 'The public key of the log.', response: { 200: Type.Object({ verifierKey: Type.String() }), ...refusals } },
    },
    async () => ({ verifierKey: auditLog.verifierKey }),
  );

  app.get(
    '/api/audit',
    {
      config: { sensitive: 'audit.read', access: reading },
      schema: {
        summary: `The newest entries in the order of the log, ${LISTED_MAX} at most; \`act\` keeps to those of one act.`,
        querystring: Type.Object(
          {
            act: Type.Optional(Type.String({ maxLength: 48, pattern: '^[a-z_.]+$' })),
            // no coercion at this door: a query is text
            limit: Type.Optional(Type.String({ pattern: '^[1-9][0-9]{0,2}$' })),
          },
          { additionalProperties: false },
        ),
        response: { 200: Type.Array(Type.Record(Type.String(), Type.Unknown())), ...refusals },
      },
    },
    async (request) => {
      const { act, limit = '100' } = request.query;
      if (Number(limit) > LISTED_MAX) throw new RequestInvalid(`limit is ${LISTED_MAX} at most`);
      const wanted = { limit: Number(limit), ...(act === undefined ? {} : { act }) };
      return auditedRequest(parts, request, 'audit.read', `audit:${act ?? 'newest'}`, '', async () => [...(await auditLog.list(wanted))]);
    },
  );

  app.get(
    '/api/audit/:number/proof',
    {
      config: { sensitive: 'audit.read', access: reading },
      schema: {
        summary: 'Entry and proof in one file (C2SP tlog-proof), checked anywhere with the public key.',
        params: Type.Object({ number: Type.String({ pattern: '^(0|[1-9][0-9]{0,14})$' }) }),
        response: { 200: Type.String(), ...refusals },
      },
    },
    async (request, reply) => {
      const { number } = request.params;
      const proof = await auditedRequest(parts, request, 'audit.read', `audit:entry-${number}`, '', () => auditLog.prove(Number(number)));
      return reply
        .type('text/plain; charset=utf-8')
        .header('content-disposition', `attachment; filename="audit-entry-${number}.tlog-proof"`)
        .send(proof);
    },
  );
}
