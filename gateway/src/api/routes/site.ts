/** The state of the site: health for monitoring, link and queues for agents, and the description of all routes. */
import { Type } from 'typebox';
import type { ApiParts } from '../api-parts.ts';
import { ErrorReply } from '../error-reply.ts';
import { sessionOf, type TypedDoor } from '../typed-door.ts';

const PartState = Type.Union([Type.Literal('ok'), Type.Literal('degraded'), Type.Literal('down')]);
const HealthReply = Type.Object({ status: PartState, parts: Type.Record(Type.String(), PartState), alarms: Type.Array(Type.String()) });
const LinkReply = Type.Object({
  state: Type.Union([Type.Literal('up'), Type.Literal('suspect'), Type.Literal('down'), Type.Literal('probing')]),
  sinceMs: Type.Number(),
  why: Type.String(),
  backlog: Type.Number(),
  oldestUnsentMs: Type.Number(),
});
const QueueReply = Type.Object({
  queue: Type.String(),
  waiting: Type.Number(),
  longestWaitMs: Type.Number(),
  readyAgents: Type.Number(),
});

const reading = { sensitive: false, access: { permission: 'site.read' } } as const;

export function siteRoutes(app: TypedDoor, parts: ApiParts): void {
  app.get(
    '/api/health',
    {
      config: { sensitive: false, access: 'public' },
      schema: { summary: 'States of the parts; 503 when one that calls need is down.', response: { 200: HealthReply, 503: HealthReply } },
    },
    async (_request, reply) => {
      const { status, parts: states, alarms } = await parts.health();
      return reply.code(status === 'down' ? 503 : 200).send({ status, parts: { ...states }, alarms: [...alarms] });
    },
  );

  app.get(
    '/api/link',
    { config: reading, schema: { summary: 'The cloud link.', response: { 200: LinkReply, 401: ErrorReply } } },
    async () => parts.link.status(),
  );

  app.get(
    '/api/queues',
    {
      config: { sensitive: false, access: { permission: 'desk.work' } },
      schema: { summary: 'Queues you serve.', response: { 200: Type.Array(QueueReply), 401: ErrorReply } },
    },
    async (request) => parts.duty.queues(sessionOf(request).userId),
  );

  app.get('/api/openapi.json', { config: reading, schema: { hide: true } }, async () => app.swagger());
}
