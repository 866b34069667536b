/** The cloud link for people who look after it: state, balance, last drill, and what left the building, on the screen and as a report. */
import { CloudView, EGRESS_DAYS_MAX, EgressDay, ReconcileReply } from '@keepline/contracts/workbench';
import { Type } from 'typebox';
import type { ApiParts } from '../api-parts.ts';
import { auditedRequest } from '../audited-request.ts';
import { ErrorReply } from '../error-reply.ts';
import { RequestInvalid } from '../errors.ts';
import type { TypedDoor } from '../typed-door.ts';

const refusals = { 401: ErrorReply, 403: ErrorReply, 409: ErrorReply, 503: ErrorReply };
const reading = { sensitive: false, access: { permission: 'cloud.read' } } as const;
const Day = Type.String({ pattern: '^\\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\\d|3[01])$' });
const Span = Type.Object({ from: Day, to: Day }, { additionalProperties: false });
const DAY_MS = 86_400_000;

export function cloudRoutes(app: TypedDoor, parts: Pick<ApiParts, 'workbench' | 'clock'>): void {
  const { workbench } = parts;

  app.get(
    '/api/cloud',
    { config: reading, schema: { summary: 'Link, balance of the egress ledger, last drill.', response: { 200: CloudView, ...refusals } } },
    async () => workbench.cloud(),
  );

  app.post(
    '/api/cloud/reconcile',
    {
      config: { sensitive: 'cloud.reconcile', access: { permission: 'cloud.read' } },
      schema: { summary: 'Counts both ends and compares them.', response: { 200: ReconcileReply, ...refusals } },
    },
    async (request) => auditedRequest(parts, request, 'cloud.reconcile', 'link', '', () => workbench.reconcile()),
  );

  app.get(
    '/api/egress',
    {
      config: reading,
      schema: {
        summary: `What left the building, by day and type; ${EGRESS_DAYS_MAX} days at most.`,
        querystring: Span,
        response: { 200: Type.Array(EgressDay), 400: ErrorReply, ...refusals },
      },
    },
    async (request) => {
      const { from, to } = checked(request.query);
      return [...(await workbench.egress(from, to))];
    },
  );

  app.get(
    '/api/egress/report',
    {
      config: { sensitive: 'egress.export', access: { permission: 'egress.export' } },
      schema: {
        summary: 'The same as CSV in UTF-8, as `./keepline cloud egress` writes it.',
        querystring: Span,
        response: { 200: Type.String(), 400: ErrorReply, ...refusals },
      },
    },
    async (request, reply) => {
      const { from, to } = checked(request.query);
      const report = await auditedRequest(parts, request, 'egress.export', `csv:${from}..${to}`, '', () =>
        workbench.egressReport(from, to),
      );
      return reply
        .type('text/csv; charset=utf-8')
        .header('content-disposition', `attachment; filename="egress-${from}-${to}.csv"`)
        .send(report);
    },
  );
}

/** @throws RequestInvalid */
function checked({ from, to }: { readonly from: string; readonly to: string }) {
  const days = (Date.parse(to) - Date.parse(from)) / DAY_MS + 1;
  if (!(days >= 1 && days <= EGRESS_DAYS_MAX)) throw new RequestInvalid(`from and to span 1 to ${EGRESS_DAYS_MAX} days`);
  return { from, to };
}
