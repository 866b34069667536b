/**
 * Figures for monitoring as Prometheus reads them. On the loopback door only: who may read them is who has an account on this machine; an
 * exporter elsewhere comes through an agent here.
 */
import { Type } from 'typebox';
import type { ApiParts } from '../api-parts.ts';
import type { TypedDoor } from '../typed-door.ts';

export function metricsRoute(app: TypedDoor, parts: Pick<ApiParts, 'metrics'>): void {
  app.get(
    '/metrics',
    {
      config: { sensitive: false, access: 'public' },
      schema: { summary: 'Figures of calls, legs and sound quality, as text for Prometheus.', response: { 200: Type.String() } },
    },
    async (_request, reply) => reply.type('text/plain; version=0.0.4; charset=utf-8').send(await parts.metrics()),
  );
}
