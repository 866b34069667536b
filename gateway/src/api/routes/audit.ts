/**
 * The audit log for those who watch it: the key it is verified with, how far it is signed and cosigned, its newest entries, the proof of one.
 * Reading entries is an act in it.
 */
import { AuditState, SEARCHED_MAX } from '@keepline/contracts/audit-view';
import { Type } from 'typebox';
import type { ApiParts } from '../api-parts.ts';
import { auditedRequest } from '../audited-request.ts';
import { ErrorReply } from '../error-reply.ts';
import { RequestInvalid } from '../errors.ts';
import type { TypedDoor } from '../typed-door.ts';

const refusals = { 400: ErrorReply, 401: ErrorReply, 403: ErrorReply, 404: ErrorReply, 409: ErrorReply, 503: ErrorReply };
const reading = { permission: 'audit.read' } as const;
const LISTED_MAX = 500;
/** Of the object of an audit entry. */
const OBJECT_MAX_CHARS = 128;
const NUMBER = '^(0|[1-9][0-9]{0,14})$';

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
    '/api/audit/state',
    {
      config: { sensitive: false, access: reading },
      schema: {
        summary: 'Entries, the newest signed checkpoint, and what each witness has cosigned; every signature was checked.',
        response: { 200: AuditState, ...refusals },
      },
    },
    () => auditLog.state(),
  );

  app.get(
    '/api/audit',
    {
      config: { sensitive: 'audit.read', access: reading },
      schema: {
        summary:
          `The newest entries in the order of the log, ${LISTED_MAX} at most; \`act\` and \`who\` keep to those of one act or account, ` +
          `\`before\` to those with a smaller number. ${SEARCHED_MAX} are looked at.`,
        querystring: Type.Object(
          {
            act: Type.Optional(Type.String({ maxLength: 48, pattern: '^[a-z_.]+$' })),
            who: Type.Optional(Type.String({ maxLength: 96, pattern: '^[a-z][A-Za-z0-9._:@-]*$' })),
            before: Type.Optional(Type.String({ pattern: NUMBER })),
            // no coercion at this door: a query is text
            limit: Type.Optional(Type.String({ pattern: '^[1-9][0-9]{0,2}$' })),
          },
          { additionalProperties: false },
        ),
        response: { 200: Type.Array(Type.Record(Type.String(), Type.Unknown())), ...refusals },
      },
    },
    async (request) => {
      const { act, who, before, limit = '100' } = request.query;
      if (Number(limit) > LISTED_MAX) throw new RequestInvalid(`limit is ${LISTED_MAX} at most`);
      const wanted = {
        ...{ limit: Number(limit), lookAtMost: SEARCHED_MAX },
        ...(act === undefined ? {} : { act }),
        ...(who === undefined ? {} : { who }),
        ...(before === undefined ? {} : { before: Number(before) }),
      };
      const searched = [act ?? 'newest', ...(who === undefined ? [] : [who]), ...(before === undefined ? [] : [before])].join('/');
      const object = `audit:${searched}`.replaceAll('@', ':').slice(0, OBJECT_MAX_CHARS);
      return auditedRequest(parts, request, 'audit.read', object, '', async () => [...(await auditLog.list(wanted))]);
    },
  );

  app.get(
    '/api/audit/:number/proof',
    {
      config: { sensitive: 'audit.read', access: reading },
      schema: {
        summary: 'Entry and proof in one file (C2SP tlog-proof), checked anywhere with the public key.',
        params: Type.Object({ number: Type.String({ pattern: NUMBER }) }),
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
