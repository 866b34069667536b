/**
 * Alarms: what stands and what was, for whoever keeps watch; ending one that only a person may end is an audited act. Ending the alarm of a
 * forked audit log accepts the history as it is now, which one person alone never may: whoever could put the folder back could accept it too.
 */
import { AlarmView } from '@keepline/contracts/alarms';
import { Type } from 'typebox';
import type { ApiParts } from '../api-parts.ts';
import { auditedRequest } from '../audited-request.ts';
import { ErrorReply } from '../error-reply.ts';
import { AlarmUnknown } from '../errors.ts';
import { actorOf, type TypedDoor } from '../typed-door.ts';
import { ApprovalId } from './approvals.ts';

const refusals = { 401: ErrorReply, 403: ErrorReply, 404: ErrorReply, 409: ErrorReply, 503: ErrorReply };
const SHOWN = 200;
const FORKED = 'AUDIT_FORKED';

export function alarmRoutes(app: TypedDoor, parts: Pick<ApiParts, 'alarms' | 'identity' | 'workbench' | 'clock'>): void {
  const { alarms, identity } = parts;

  app.get(
    '/api/alarms',
    {
      config: { sensitive: false, access: { permission: 'alarms.read' } },
      schema: { summary: 'The newest alarms; those without an end stand.', response: { 200: Type.Array(AlarmView), ...refusals } },
    },
    async () => [...(await alarms.recent(SHOWN))],
  );

  app.post(
    '/api/alarms/:number/clear',
    {
      config: { sensitive: 'alarm.clear', access: { permission: 'alarms.clear' } },
      schema: {
        summary: 'Ends an alarm whose cause was dealt with; AUDIT_FORKED only with the approval of a second person.',
        params: Type.Object({ number: Type.String({ pattern: '^[1-9][0-9]{0,14}$' }) }),
        body: Type.Object(
          {
            reason: Type.String({ minLength: 1, maxLength: 200, pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f]*$' }),
            approval: ApprovalId,
          },
          { additionalProperties: false },
        ),
        response: { 204: Type.Null(), ...refusals },
      },
    },
    async (request, reply) => {
      const number = Number(request.params.number);
      const { reason, approval } = request.body;
      const end = (): Promise<void> =>
        auditedRequest(parts, request, 'alarm.clear', `alarm:${number}`, reason, async () => {
          if (!(await alarms.clearNumber(number))) throw new AlarmUnknown(number);
        });
      const isFork = alarms.standing().some((alarm) => alarm.number === number && alarm.code === FORKED);
      const bound = { act: 'audit.accept_fork', object: `alarm:${number}`, params: {} } as const;
      await (isFork ? identity.approvals.perform(actorOf(request), bound, approval, end) : end());
      return reply.code(204).send(null);
    },
  );
}
