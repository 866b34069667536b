/**
 * The reference cloud: analytics and AI services of one or more sites. Prints `cloud workers ready` when they answer. It dials again for as long as it
 * runs; a lost connection ends the services of that connection and the next one starts them anew. `./keepline up` runs this file as its stand-in.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { systemClock } from '@keepline/contracts/clock';
import { KeeplineError, messageOf } from '@keepline/contracts/errors';
import { delay } from '@nats-io/transport-node';
import { pino } from 'pino';
import { backoffMs } from '../link/backoff.ts';
import { CloudConnection } from '../nats/cloud-connection.ts';
import { readProof } from '../nats/credentials.ts';
import type { FactStore } from './analytics/fact-store.ts';
import { NO_TALLY } from './analytics/tally.ts';
import { type CloudServiceOptions, readOptions } from './cloud-options.ts';
import { buildDoor } from './door/cloud-door.ts';
import { removeDoorFile, writeDoorFile } from './door/door-file.ts';
import type { MetricsInput } from './door/metrics.ts';
import { inboxOf } from './hub-rights.ts';
import { ChatEndpoint } from './providers/chat/chat-endpoint.ts';
import { RunningCloud } from './running-cloud.ts';
import { ServiceFigures } from './services/service-figures.ts';

const REDIAL = { firstMs: 100, longestMs: 2000 };

const log = pino({ level: 'info', base: { process: 'cloud-workers' } });

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2), process.env);
  mkdirSync(options.data, { recursive: true, mode: 0o700 });
  const store = await storeOf(options);
  const chat = options.chat && new ChatEndpoint({ ...options.chat, clock: systemClock, random: Math.random });
  const figures = new ServiceFigures();
  let running: RunningCloud | undefined;

  const input = async (): Promise<MetricsInput> => ({
    connected: running !== undefined,
    sites: !store
      ? []
      : await Promise.all(
          options.sites.map(async (site) => ({
            site,
            tally: await store.tally(site).catch(() => NO_TALLY),
            lag: await running
              ?.analyticsOf(site)
              ?.lag()
              .catch(() => undefined),
          })),
        ),
    endpoints: figures.all(),
    tokens: chat?.spent(),
  });
  const token = options.token ?? randomBytes(32).toString('base64url');
  const rebuild = async (site: string): Promise<boolean> => {
    const worker = running?.analyticsOf(site);
    await worker?.rebuild();
    return worker !== undefined;
  };
  const door = buildDoor({ token, store, now: () => systemClock.now(), figures: input, rebuild });
  const url = await door.listen(options.listen);
  const { servers, sites, credentials = '', readingCredentials = '' } = options;
  writeDoorFile(options.data, {
    url,
    token,
    pid: process.pid,
    servers: servers.join(','),
    sites: [...sites],
    credentials: credentials && resolve(credentials),
    readingCredentials: readingCredentials && resolve(readingCredentials),
  });

  const stopping = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stopping.abort());
  for (let attempt = 0; !stopping.signal.aborted; attempt++) {
    const open: CloudConnection[] = [];
    const dial = async (role: 'workers' | 'reader', file: string): Promise<CloudConnection> => {
      const connection = await CloudConnection.open({
        servers,
        name: `keepline-${role}-${sites.join('-')}`,
        inboxPrefix: inboxOf('', role),
        timeoutMs: 3000,
        ...(file === '' ? {} : { proof: () => readProof(file) }),
      });
      open.push(connection);
      return connection;
    };
    try {
      const connection = await dial('workers', credentials);
      const reading = readingCredentials === '' ? connection : await dial('reader', readingCredentials);
      const current = new RunningCloud({ options, store, chat, figures, clock: systemClock, log }, connection, reading);
      try {
        await current.start();
        running = current;
        attempt = 0;
        log.info({ sites, services: options.services, engine: options.engine, url }, 'cloud workers ready');
        await Promise.race([connection.closed, reading.closed, new Promise((stop) => stopping.signal.addEventListener('abort', stop))]);
      } finally {
        running = undefined;
        // One of two connections is of no use, and what drains on a connection that goes away under it never ends.
        if (!stopping.signal.aborted) for (const each of open) each.drop();
        await current.stop();
      }
    } catch (fault) {
      log.warn({ why: messageOf(fault) }, 'the cloud workers dial again');
    } finally {
      for (const connection of open) connection.drop();
    }
    if (!stopping.signal.aborted) await delay(backoffMs(attempt, Math.random(), REDIAL));
  }
  await door.close();
  removeDoorFile(options.data);
  await store?.close();
  log.info('cloud workers have stopped');
}

/** The engine is loaded only where it is used: an instance for AI alone needs no native add-on. */
async function storeOf({ services, engine, data }: CloudServiceOptions): Promise<FactStore | undefined> {
  if (!services.includes('analytics')) return undefined;
  if (engine === 'duckdb') return await (await import('./analytics/duckdb-store.ts')).DuckdbStore.open(join(data, 'facts.duckdb'));
  return await (await import('./analytics/sqlite-store.ts')).SqliteStore.open(join(data, 'facts.db'));
}

main().catch((fault: unknown) => {
  process.stderr.write(`${fault instanceof KeeplineError ? `${fault.code}: ${fault.message}\n  ${fault.hint}` : messageOf(fault)}\n`);
  process.exit(1); // a start that failed halfway has timers and files open, and nothing to save
});
