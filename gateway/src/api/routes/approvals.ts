/** Four eyes at the door: ask, look, approve, refuse; and the one act that has no page of its own, showing a whole number. */
import { type Approval, APPROVAL_STATES, REQUESTABLE_ACTS } from '@keepline/contracts/approvals';
import { isId } from '@keepline/contracts/ids';
import { Type } from 'typebox';
import { ApprovalUnknown } from '../../identity/approval-errors.ts';
import type { ApiParts } from '../api-parts.ts';
import { auditedRequest } from '../audited-request.ts';
import { ErrorReply } from '../error-reply.ts';
import { CallUnknown } from '../errors.ts';
import { actorOf, sessionOf, type TypedDoor } from '../typed-door.ts';

const refusals = { 401: ErrorReply, 403: ErrorReply, 404: ErrorReply, 409: ErrorReply, 503: ErrorReply };
const line = { maxLength: 200, pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f]*$' };
const purpose = Type.String({ ...line, minLength: 3 });
/** Of an approval, to be spent by the act it stands for. */
export const ApprovalId = Type.Optional(Type.String({ maxLength: 48, pattern: '^apr-[0-9a-f-]+$' }));
const one = Type.Object({ id: Type.String({ maxLength: 48 }) });
const Act = Type.Enum([...REQUESTABLE_ACTS]);
const Value = Type.Union([Type.String({ maxLength: 256 }), Type.Number(), Type.Boolean()]);
const Reply = Type.Object({
  id: Type.String(),
  act: Act,
  object: Type.String(),
  params: Type.String({ description: 'Canonical JSON.' }),
  purpose: Type.String(),
  requestedBy: Type.String(),
  requestedAtMs: Type.Number(),
  expiresAtMs: Type.Number(),
  state: Type.Enum([...APPROVAL_STATES]),
  decidedBy: Type.String(),
  decidedAtMs: Type.Number(),
  reason: Type.String(),
  usedBy: Type.String(),
  usedAtMs: Type.Number(),
});
const reading = { sensitive: false, access: { permission: 'approvals.request' } } as const;

export function approvalRoutes(app: TypedDoor, parts: Pick<ApiParts, 'identity' | 'callerNumber' | 'workbench' | 'clock'>): void {
  const { approvals } = parts.identity;

  app.get(
    '/api/approvals',
    { config: reading, schema: { summary: 'Requests for approval, newest first.', response: { 200: Type.Array(Reply), ...refusals } } },
    async () => approvals.list(),
  );

  app.post(
    '/api/approvals',
    {
      config: { sensitive: 'approval.request', access: { permission: 'approvals.request' } },
      schema: {
        summary: 'Asks a second person for one act on one object with these parameters, good once and for so many hours.',
        body: Type.Object(
          {
            act: Act,
            object: Type.String({ minLength: 1, maxLength: 128 }),
            params: Type.Record(Type.String({ maxLength: 64 }), Value, { maxProperties: 16 }),
            purpose,
            hours: Type.Integer({ minimum: 1, maximum: 72 }),
          },
          { additionalProperties: false },
        ),
        response: { 201: Reply, ...refusals },
      },
    },
    async (request, reply) => {
      sessionOf(request); // a machine has no second person
      return reply.code(201).send(await approvals.request(actorOf(request), request.body));
    },
  );

  const decision = (verdict: 'approve' | 'refuse', body: { reason: ReturnType<typeof Type.String> }, summary: string): void => {
    app.post(
      `/api/approvals/:id/${verdict}`,
      {
        config: { sensitive: `approval.${verdict}`, access: { permission: 'approvals.decide' } },
        schema: { summary, params: one, body: Type.Object(body, { additionalProperties: false }), response: { 200: Reply, ...refusals } },
      },
      async (request): Promise<Approval> => {
        sessionOf(request);
        if (!isId('apr', request.params.id)) throw new ApprovalUnknown();
        return approvals.decide(actorOf(request), request.params.id, verdict, request.body.reason);
      },
    );
  };
  decision('approve', { reason: Type.String(line) }, 'Approves what somebody else has asked for.');
  decision('refuse', { reason: purpose }, 'Refuses it, with the reason.');

  app.post(
    '/api/calls/:id/unmask',
    {
      config: { sensitive: 'number.unmask', access: { permission: 'number.unmask' } },
      schema: {
        summary: 'The whole number of a caller, for a purpose; needs an approval where the site says so.',
        params: one,
        body: Type.Object({ purpose, approval: ApprovalId }, { additionalProperties: false }),
        response: { 200: Type.Object({ callerNumber: Type.String() }), ...refusals },
      },
    },
    async (request) => {
      const { id } = request.params;
      if (!isId('call', id)) throw new CallUnknown();
      const { purpose: why, approval } = request.body;
      const bound = { act: 'number.unmask', object: id, params: {} } as const;
      const callerNumber = await approvals.perform(actorOf(request), bound, approval, () =>
        auditedRequest(parts, request, 'number.unmask', id, why, async () => {
          const number = await parts.callerNumber(id);
          if (number === undefined) throw new CallUnknown();
          return number;
        }),
      );
      return { callerNumber };
    },
  );
}
