/**
 * Compliance reports for people: what the evidence covers, having a report made, fetching it with its signature. Making one takes longer than a
 * request may, so it is begun here and looked for afterwards. Also the audit log behind it: its key, its newest entries, the proof of one.
 */
import { ReportCoverage, ReportOrder, ReportRun } from '@keepline/contracts/reports';
import { Type } from 'typebox';
import type { ApiParts } from '../api-parts.ts';
import { auditedRequest } from '../audited-request.ts';
import { ErrorReply } from '../error-reply.ts';
import { RequestInvalid } from '../errors.ts';
import { actorOf, sessionOf, type TypedDoor } from '../typed-door.ts';

const refusals = { 400: ErrorReply, 401: ErrorReply, 403: ErrorReply, 404: ErrorReply, 409: ErrorReply, 503: ErrorReply };
const seeing = { permission: 'report.read' } as const;
/** Of a report, as the signer named it. */
const FileName = Type.String({ maxLength: 96, pattern: '^[a-z][a-z0-9.-]*$' });

export function reportRoutes(app: TypedDoor, parts: Pick<ApiParts, 'reports' | 'workbench' | 'clock'>): void {
  const { reports } = parts;

  app.get(
    '/api/reports/coverage',
    {
      config: { sensitive: 'report.read', access: seeing },
      schema: { summary: 'What the newest evidence of MLPS level 3 shows.', response: { 200: ReportCoverage, ...refusals } },
    },
    async (request) => auditedRequest(parts, request, 'report.read', 'coverage', '', () => reports.coverage()),
  );

  app.get(
    '/api/reports',
    {
      config: { sensitive: false, access: seeing },
      schema: {
        summary: 'Reports that are kept, newest first, and the one under way.',
        response: { 200: Type.Array(ReportRun), ...refusals },
      },
    },
    async () => reports.list(),
  );

  app.post(
    '/api/reports',
    {
      config: { sensitive: 'report.make', access: { permission: 'report.run' } },
      schema: { summary: 'Begins a report; one at a time.', body: ReportOrder, response: { 202: ReportRun, ...refusals } },
    },
    async (request, reply) => {
      const { kind, form, from, to } = request.body;
      sessionOf(request); // evidence is taken at the wish of a person
      if (from > to) throw new RequestInvalid('from is after to');
      if (form === 'oscal' && kind !== 'mlps') throw new RequestInvalid('oscal is a form of mlps only');
      return reply.code(202).send(await reports.begin(actorOf(request), request.body));
    },
  );

  app.get(
    '/api/reports/:id/files/:name',
    {
      config: { sensitive: 'report.read', access: seeing },
      schema: {
        summary: 'One file of a report, or its signature; `./keepline report verify` checks both anywhere.',
        params: Type.Object({ id: Type.String({ maxLength: 48, pattern: '^rpt-[0-9a-f-]+$' }), name: FileName }),
      },
    },
    async (request, reply) => {
      const { id, name } = request.params;
      const bytes = await auditedRequest(parts, request, 'report.read', `report:${id}/${name}`, '', () => reports.file(id, name));
      return reply.type('application/octet-stream').header('content-disposition', `attachment; filename="${name}"`).send(bytes);
    },
  );
}
