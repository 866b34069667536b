/** What `cloud-sync` tells the gateway over its unix socket: advice, link, counts, health. No decisions are made here. */
import { PassThrough } from 'node:stream';
import { AdviceRequest } from '@keepline/contracts/advice';
import type { KeeplineError } from '@keepline/contracts/errors';
import { DRILL_MAX_SECONDS } from '@keepline/contracts/link';
import Fastify, { type FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import type { Advisor } from '../advice/ask.ts';
import { AI_REQUEST_MAX_BYTES, AiAsker } from '../ai/ask-ai.ts';
import type { LinkMonitor } from '../link/link-monitor.ts';
import type { Wire } from '../link/wire.ts';
import type { Counts } from '../outbox/counts.ts';
import { reconcile, unaccounted } from '../relay/reconcile.ts';
import { type RelayFigures, relayMetrics } from '../relay/relay-figures.ts';
import type { LinkFeed } from './link-feed.ts';

export interface RoutesOptions {
  readonly advisor: Pick<Advisor, 'ask' | 'breaker'>;
  readonly ai: Pick<AiAsker, 'ask'>;
  readonly feed: LinkFeed;
  readonly link: Pick<LinkMonitor<Wire>, 'hold' | 'heldMs' | 'timeline'>;
  readonly counts: () => Promise<Counts>;
  /** Messages the stream has ever stored; null when it cannot be asked now. */
  readonly streamLength: () => Promise<number | null>;
  readonly faults: () => readonly KeeplineError[];
  readonly relay: () => RelayFigures;
}

const BODY_MAX_BYTES = 16_384;
/** A reader this far behind is cut off; it comes back and starts from the present. */
const READER_LAG_BYTES = 65_536;

/** How long to stay away, s; 0 ends a drill. */
const Drill = Type.Object({ seconds: Type.Number({ minimum: 0, maximum: DRILL_MAX_SECONDS }) }, { additionalProperties: false });

export function buildRoutes(options: RoutesOptions): FastifyInstance {
  const app = Fastify({ bodyLimit: BODY_MAX_BYTES, forceCloseConnections: true });

  app.post<{ Body: AdviceRequest }>('/advice/route', { schema: { body: AdviceRequest } }, (request) => options.advisor.ask(request.body));

  // Always 200 with an outcome, like advice; the asker checks the request and the egress guard reads it.
  app.post<{ Params: { service: string } }>('/ai/:service', { bodyLimit: AI_REQUEST_MAX_BYTES }, (request, reply) => {
    const { service } = request.params;
    return AiAsker.isService(service) ? options.ai.ask(service, request.body) : reply.callNotFound();
  });

  app.get('/link', () => options.feed.status());

  app.get('/link/stream', (request, reply) => {
    const lines = new PassThrough();
    const leave = options.feed.follow((status) => {
      if (lines.writableLength > READER_LAG_BYTES) lines.destroy();
      else lines.write(`${JSON.stringify(status)}\n`);
    });
    if (!leave) return reply.code(503).send({ code: 'TOO_MANY_READERS' });
    lines.once('close', leave);
    request.raw.once('close', () => lines.destroy());
    return reply.type('application/x-ndjson').send(lines);
  });

  app.get('/link/timeline', () => options.link.timeline());

  app.get('/drill', () => ({ leftMs: Math.round(options.link.heldMs()) }));

  app.post<{ Body: { seconds: number } }>('/drill', { schema: { body: Drill } }, (request) => {
    options.link.hold(request.body.seconds * 1000);
    return { leftMs: Math.round(options.link.heldMs()) };
  });

  app.get('/counts', async () => {
    const counts = await options.counts();
    return { ...counts, unaccounted: unaccounted(counts) };
  });

  app.get('/reconcile', async () => {
    const before = await options.counts();
    const stream = await options.streamLength();
    return reconcile(before, stream, await options.counts());
  });

  app.get('/health', () => {
    const faults = options.faults().map(({ code, message, hint }) => ({ code, message, hint }));
    return { ok: faults.length === 0, link: options.feed.status(), breaker: options.advisor.breaker(), relay: options.relay(), faults };
  });

  app.get('/metrics', (_, reply) => reply.type('text/plain; version=0.0.4; charset=utf-8').send(relayMetrics(options.relay())));

  return app;
}
