/**
 * The HTTP door of the cloud's services: `/health` and `/metrics` for who watches them, `/report/:question` and `/rebuild/:site` for who holds the token.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { KeeplineError } from '@keepline/contracts/errors';
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import type { FactStore } from '../analytics/fact-store.ts';
import { answerRow, csvOf, queryOf, readQuestion, ROWS_MAX } from '../analytics/questions.ts';
import { type MetricsInput, metricsText } from './metrics.ts';

export interface DoorOptions {
  readonly token: string;
  readonly store: FactStore | undefined;
  readonly now: () => number;
  readonly figures: () => Promise<MetricsInput>;
  /** Begins to rebuild the facts of a site. @returns false while there is no connection or no such site */
  readonly rebuild: (site: string) => Promise<boolean>;
}

/** A site further behind is not healthy for who asks for figures. */
export const LAG_MAX = 100_000;

export function buildDoor(options: DoorOptions): FastifyInstance {
  const app = Fastify({ forceCloseConnections: true, bodyLimit: 1024 });

  app.setErrorHandler((fault, _, reply) => {
    if (fault instanceof KeeplineError) {
      const status =
        fault.code === 'CLOUD_TOKEN_WRONG'
          ? 401
          : fault.code === 'ANALYTICS_QUESTION_INVALID'
            ? 400
            : fault.code === 'ANALYTICS_TOO_MANY_ROWS'
              ? 413
              : 503;
      return reply.code(status).send({ code: fault.code, message: fault.message, hint: fault.hint });
    }
    return reply.code(500).send({ code: 'INTERNAL', message: 'the request failed' });
  });

  app.get('/health', async (_, reply) => {
    const { connected, sites } = await options.figures();
    const behind = sites.filter(({ lag }) => lag !== undefined && lag > LAG_MAX).map(({ site }) => site);
    const ok = connected && behind.length === 0;
    return reply
      .code(ok ? 200 : 503)
      .send({ ok, connected, behind, sites: sites.map(({ site, lag, tally }) => ({ site, lag, events: tally.events })) });
  });

  app.get('/metrics', async (_, reply) => reply.type('text/plain; version=0.0.4').send(metricsText(await options.figures())));

  app.get<{ Params: { question: string }; Querystring: Record<string, string> }>('/report/:question', async (request, reply) => {
    mustHold(request, options.token);
    const asked = readQuestion({ ...request.query, question: request.params.question }, options.now());
    const rows = await analytics(options.store).ask(queryOf(asked));
    if (rows.length > ROWS_MAX)
      throw new KeeplineError('ANALYTICS_TOO_MANY_ROWS', `the answer has more than ${ROWS_MAX} rows`, {
        hint: 'Ask for a shorter time or by fewer dimensions.',
      });
    const answers = rows.map((row) => answerRow(asked.question, row, asked.by));
    if (request.query['format'] === 'csv') return reply.type('text/csv; charset=utf-8').send(csvOf(answers));
    return { question: asked.question, from: new Date(asked.fromMs).toISOString(), to: new Date(asked.toMs).toISOString(), rows: answers };
  });

  app.post<{ Params: { site: string } }>('/rebuild/:site', async (request, reply) => {
    mustHold(request, options.token);
    analytics(options.store);
    const begun = await options.rebuild(request.params.site);
    return reply.code(begun ? 202 : 503).send({ begun });
  });

  app.get<{ Params: { site: string } }>('/tally/:site', async (request) => {
    mustHold(request, options.token);
    const { sites } = await options.figures();
    return sites.find(({ site }) => site === request.params.site) ?? {};
  });

  return app;
}

function analytics(store: FactStore | undefined): FactStore {
  if (store) return store;
  throw new KeeplineError('ANALYTICS_NOT_HERE', 'this instance does not run analytics', {
    hint: 'Ask an instance started with --services analytics.',
  });
}

/** @throws KeeplineError CLOUD_TOKEN_WRONG */
function mustHold(request: FastifyRequest, token: string): void {
  const given = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  if (timingSafeEqual(digest(given), digest(token))) return;
  throw new KeeplineError('CLOUD_TOKEN_WRONG', 'the request carries no or another token', {
    hint: 'Send Authorization: Bearer with the token of services.json in the data folder of the service.',
  });
}
