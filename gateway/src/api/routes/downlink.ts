/** Proposals of the cloud: looked at by many, decided by a system administrator with a fresh second factor. */
import { DownlinkEnvelope } from '@keepline/contracts/downlink';
import { DownlinkKindSchema, DownlinkView, ProposalReview } from '@keepline/contracts/workbench';
import { Type } from 'typebox';
import type { ApiParts } from '../api-parts.ts';
import { auditedRequest } from '../audited-request.ts';
import { ErrorReply } from '../error-reply.ts';
import { actorOf, type TypedDoor } from '../typed-door.ts';

const refusals = { 401: ErrorReply, 403: ErrorReply, 404: ErrorReply, 409: ErrorReply, 503: ErrorReply };
const reading = { sensitive: false, access: { permission: 'cloud.read' } } as const;
const id = Type.Object({ id: DownlinkEnvelope.properties.id });
/** The audit log keeps it: one line, no control characters. */
const ONE_LINE = { maxLength: 200, pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f]*$' };
const WithReason = Type.Object({ reason: Type.String(ONE_LINE) }, { additionalProperties: false });

export function downlinkRoutes(app: TypedDoor, parts: Pick<ApiParts, 'workbench' | 'clock'>): void {
  const { workbench } = parts;

  app.get(
    '/api/downlink',
    { config: reading, schema: { summary: 'Proposals of the cloud and what is in force.', response: { 200: DownlinkView, ...refusals } } },
    async () => workbench.proposals(),
  );

  app.get(
    '/api/downlink/:id',
    {
      config: reading,
      schema: {
        summary: 'One proposal, checked again by this site, against what is in force.',
        params: id,
        response: { 200: ProposalReview, ...refusals },
      },
    },
    async (request) => workbench.review(request.params.id),
  );

  app.post(
    '/api/downlink/:id/approve',
    {
      config: { sensitive: 'downlink.approve', access: { permission: 'downlink.decide' } },
      schema: {
        summary: 'Brings a proposal into force within a second.',
        params: id,
        body: WithReason,
        response: { 204: Type.Null(), ...refusals },
      },
    },
    async (request, reply) => {
      const { id: proposal } = request.params;
      const { who } = actorOf(request);
      await auditedRequest(parts, request, 'downlink.approve', proposal, request.body.reason, () => workbench.approve(proposal, who));
      return reply.code(204).send(null);
    },
  );

  app.post(
    '/api/downlink/:id/reject',
    {
      config: { sensitive: 'downlink.reject', access: { permission: 'downlink.decide' } },
      schema: {
        summary: 'Puts a proposal aside for good.',
        params: id,
        body: Type.Object({ reason: Type.String({ ...ONE_LINE, minLength: 1 }) }, { additionalProperties: false }),
        response: { 204: Type.Null(), ...refusals },
      },
    },
    async (request, reply) => {
      const { id: proposal } = request.params;
      const { reason } = request.body;
      const { who } = actorOf(request);
      await auditedRequest(parts, request, 'downlink.reject', proposal, reason, () => workbench.reject(proposal, who, reason));
      return reply.code(204).send(null);
    },
  );

  app.post(
    '/api/downlink/kinds/:kind/rollback',
    {
      config: { sensitive: 'downlink.rollback', access: { permission: 'downlink.decide' } },
      schema: {
        summary: 'Takes back what is in force of a kind: the version before it, or what site.yaml says, rules again.',
        params: Type.Object({ kind: DownlinkKindSchema }),
        body: WithReason,
        response: { 200: Type.Object({ version: Type.Integer() }), ...refusals },
      },
    },
    async (request) => {
      const { kind } = request.params;
      const act = () => workbench.rollBack(kind);
      return { version: await auditedRequest(parts, request, 'downlink.rollback', kind, request.body.reason, act) };
    },
  );
}
