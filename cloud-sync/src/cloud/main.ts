/**
 * The reference cloud of one site: provisions its stream, counts its events, answers its questions. Prints `cloud workers ready` when it does.
 * It dials again for as long as it runs; a lost connection ends the workers and the next one starts them anew.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { systemClock } from '@keepline/contracts/clock';
import { KeeplineError, messageOf } from '@keepline/contracts/errors';
import { delay } from '@nats-io/transport-node';
import { pino } from 'pino';
import { backoffMs } from '../link/backoff.ts';
import { CloudConnection, type CloudOptions } from '../nats/cloud-connection.ts';
import { readCredentials } from '../nats/credentials.ts';
import { AdviceWorker } from './advice/advice-worker.ts';
import { AnalyticsWorker } from './analytics/analytics-worker.ts';
import { CounterStore } from './analytics/counter-store.ts';
import { provision } from './provision.ts';

const USAGE =
  'usage: node cloud-sync/src/cloud/main.ts --servers URL --site NAME --data DIR [--credentials FILE] [--retention-skill SKILL]';
const REDIAL = { firstMs: 100, longestMs: 2000 };

const log = pino({ level: 'info', base: { process: 'cloud-workers' } });

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      servers: { type: 'string' },
      site: { type: 'string' },
      data: { type: 'string' },
      credentials: { type: 'string' },
      'retention-skill': { type: 'string' },
    },
  });
  const { servers, site, data, credentials } = values;
  if (servers === undefined || site === undefined || data === undefined) {
    throw new KeeplineError('ARGUMENT_MISSING', '--servers, --site and --data are needed', { hint: USAGE });
  }
  const options: CloudOptions = {
    servers: servers.split(','),
    name: `keepline-workers-${site}`,
    timeoutMs: 3000,
    ...(credentials === undefined ? {} : { credentials: readCredentials(credentials) }),
  };
  mkdirSync(data, { recursive: true });
  const store = await CounterStore.open(join(data, `counters-${site}.db`));

  let connection: CloudConnection | undefined;
  let stopping = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      stopping = true;
      connection?.drop();
    });
  }
  for (let attempt = 0; !stopping; attempt++) {
    try {
      connection = await CloudConnection.open(options);
      await work(connection, site, store, values['retention-skill'] ?? '');
      attempt = 0;
    } catch (fault) {
      log.warn({ why: messageOf(fault) }, 'the cloud workers dial again');
    } finally {
      connection?.drop();
    }
    if (!stopping) await delay(backoffMs(attempt, Math.random(), REDIAL));
  }
  await store.close();
  log.info('cloud workers have stopped');
}

/** Runs both workers until the connection is gone. */
async function work(connection: CloudConnection, site: string, store: CounterStore, retentionSkill: string): Promise<void> {
  const created = await provision(connection, site);
  const analytics = new AnalyticsWorker(connection, site, store, log);
  const advice = new AdviceWorker(connection, site, { retentionSkill }, systemClock, log);
  await analytics.start();
  await advice.start();
  await connection.nats.flush();
  log.info({ site, created }, 'cloud workers ready');
  await connection.closed;
  await Promise.all([analytics.stop(), advice.stop()]);
}

main().catch((fault: unknown) => {
  process.stderr.write(`${fault instanceof KeeplineError ? `${fault.code}: ${fault.message}\n  ${fault.hint}` : messageOf(fault)}\n`);
  process.exit(1); // a start that failed halfway has timers and files open, and nothing to save
});
