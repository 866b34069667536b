/** Calls that are owed to customers, for supervisors: the list with masked numbers, and taking one off it. Both are audited acts. */
import { CallbackView, CANCEL_REASON } from '@keepline/contracts/callbacks';
import { Type } from 'typebox';
import { maskNumber } from '../../agents/mask-number.ts';
import type { ApiParts } from '../api-parts.ts';
import { auditedRequest } from '../audited-request.ts';
import { ErrorReply } from '../error-reply.ts';
import type { TypedDoor } from '../typed-door.ts';

const refusals = { 401: ErrorReply, 403: ErrorReply, 404: ErrorReply, 503: ErrorReply };
const access = { permission: 'callbacks.manage' } as const;

export function callbackRoutes(app: TypedDoor, parts: Pick<ApiParts, 'callbacks' | 'workbench' | 'clock'>): void {
  const { callbacks } = parts;

  app.get(
    '/api/callbacks',
    {
      config: { sensitive: 'callback.list', access },
      schema: { summary: 'Calls that are owed to customers, by their place.', response: { 200: Type.Array(CallbackView), ...refusals } },
    },
    (request) =>
      auditedRequest(parts, request, 'callback.list', 'callbacks', '', async () =>
        (await callbacks.list()).map(({ id, kind, queue, skill, agentId, number, note, madeAtMs, dueAtMs, tries, state }) => ({
          ...{ id, kind, queue, skill, agentId, note, madeAtMs, dueAtMs, tries },
          number: maskNumber(number),
          isCalling: state === 'calling',
        })),
      ),
  );

  app.post(
    '/api/callbacks/:id/cancel',
    {
      config: { sensitive: 'callback.cancel', access },
      schema: {
        summary: 'Takes a call that is owed off the list; one that has begun goes on.',
        params: Type.Object({ id: Type.String({ pattern: '^cb-[0-9a-f-]{1,40}$' }) }),
        body: Type.Object({ reason: Type.String(CANCEL_REASON) }, { additionalProperties: false }),
        response: { 204: Type.Null(), ...refusals },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      await auditedRequest(parts, request, 'callback.cancel', id, request.body.reason, () => callbacks.cancel(id));
      return reply.code(204).send(null);
    },
  );
}
