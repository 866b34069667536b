/**
 * The `cloud-sync` process: its own user, its own memory; a dead link, a full buffer or a fault here cannot touch a call.
 * It sees the outbox and nothing else of the site.
 */
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { ADVICE_HOP_MS } from '@keepline/contracts/advice';
import { systemClock } from '@keepline/contracts/clock';
import { KeeplineError, messageOf } from '@keepline/contracts/errors';
import type { SiteConfig } from '@keepline/contracts/site-config';
import { readSiteFile } from '@keepline/contracts/site-file';
import { pino } from 'pino';
import { pinnedKeys } from '@keepline/contracts/downlink';
import { Advisor } from './advice/ask.ts';
import { AiAsker } from './ai/ask-ai.ts';
import { Proposals } from './downlink/proposals.ts';
import { Receiver } from './downlink/receiver.ts';
import { LinkMonitor } from './link/link-monitor.ts';
import { CloudConnection, type CloudOptions } from './nats/cloud-connection.ts';
import { readProof } from './nats/credentials.ts';
import { watchCredentials } from './nats/credentials-watch.ts';
import { followDownlink } from './nats/downlink-inbox.ts';
import { EventStream } from './nats/event-stream.ts';
import { subjectsOf } from './nats/subjects.ts';
import { Delivery } from './outbox/delivery.ts';
import { UplinkLease } from './outbox/uplink-lease.ts';
import { RequestBook } from './outbox/requests.ts';
import { Relay } from './relay/relay.ts';
import { downlinkRoutes } from './socket/downlink-routes.ts';
import { LinkFeed } from './socket/link-feed.ts';
import { listenOnSocket } from './socket/listen.ts';
import { buildRoutes } from './socket/routes.ts';

const USAGE = 'usage: node cloud-sync/src/main.ts --site FILE --outbox FILE --socket PATH [--credentials FILE] [--uplink FILE]';
/** One dial, with TLS and the server's greeting, ms: a line of 3 s round trip needs 9 s for them. */
const DIAL_TIMEOUT_MS = 12_000;

interface Arguments {
  readonly site: string | undefined;
  readonly outbox: string;
  readonly socket: string;
  readonly credentials: string | undefined;
  /** On an appliance of a pair: says whether it serves, and how far its peer has copied the outbox. */
  readonly uplink: string | undefined;
}

function readArguments(): Arguments {
  const { values } = parseArgs({
    options: {
      ...{ site: { type: 'string' }, outbox: { type: 'string' }, socket: { type: 'string' }, credentials: { type: 'string' } },
      uplink: { type: 'string' },
    },
  });
  if (values.outbox === undefined || values.socket === undefined) {
    throw new KeeplineError('ARGUMENT_MISSING', '--outbox and --socket are needed', { hint: USAGE });
  }
  const { site, outbox, socket, credentials, uplink } = values;
  return { site, outbox, socket, credentials, uplink };
}

function cloudOptions(config: SiteConfig, credentialsFile: string | undefined): CloudOptions {
  return {
    servers: config.cloud.servers,
    name: `keepline-${config.site}`,
    inboxPrefix: subjectsOf(config.site).siteInbox,
    timeoutMs: DIAL_TIMEOUT_MS,
    ...(credentialsFile === undefined ? {} : { proof: () => readProof(credentialsFile, config.cloud.credentials) }),
    ...(config.cloud.caFile === '' ? {} : { caFile: config.cloud.caFile }),
  };
}

async function main(): Promise<void> {
  const given = readArguments();
  const config = readSiteFile(given.site);
  const log = pino({ level: config.log.level, base: { process: 'cloud-sync' } });
  const clock = systemClock;
  const { site, cloud, advice } = config;
  const options = cloudOptions(config, given.credentials);

  // Of an appliance that stands by, the outbox is being written by its peer: it is not even opened.
  const lease = given.uplink === undefined ? undefined : new UplinkLease(given.uplink, clock);
  const first = await lease?.granted();
  const delivery = await Delivery.open(given.outbox, clock);
  if (first) delivery.holdAt(first.copiedSeq ?? undefined);
  lease?.follow(
    ({ copiedSeq }) => delivery.holdAt(copiedSeq ?? undefined),
    () => {
      log.warn('this appliance does not serve any more');
      process.exit(0); // as if killed: what was sent and not settled is found in the stream by whoever goes on
    },
  );
  const monitor = new LinkMonitor({
    dial: cloud.servers.length === 0 ? undefined : () => CloudConnection.open(options),
    rules: { misses: cloud.heartbeatMisses, heartbeatMs: cloud.heartbeatMs, stableMs: cloud.stableSeconds * 1000 },
    clock,
    random: Math.random,
    log,
    outboxDiskFull: () => relay.faults().some(({ code }) => code === 'OUTBOX_UNWRITABLE'),
  });
  const relay = new Relay({
    site,
    delivery,
    batchEvents: cloud.batchEvents,
    clock,
    random: Math.random,
    log,
    note: (input) => monitor.note(input),
  });
  const names = subjectsOf(site);
  monitor.onWire((connection) => relay.attach(connection && new EventStream(connection, names.stream, names.siteInbox)));
  const book = new RequestBook({
    write: (asked) => delivery.countRequests(asked),
    onFault: (fault) => log.error({ why: messageOf(fault) }, 'requests are counted later: the ledger cannot be written'),
  });
  const advisor = new Advisor({
    site,
    deadlineMs: advice.deadlineMs - 2 * ADVICE_HOP_MS,
    hedgeMs: advice.hedgeMs,
    rules: { failures: advice.breakerFailures, retryMs: advice.breakerRetryMs },
    clock,
    connection: () => monitor.wire(),
    linkState: () => monitor.view().state,
    note: (input) => monitor.note(input),
    log,
    book,
  });
  const proposals = await Proposals.open(join(dirname(given.outbox), 'downlink.db'), config.downlink.keepPerKind);
  const receiver = new Receiver({ site, keys: pinnedKeys(config.downlink.keys), proposals, clock, log });
  monitor.onWire((connection) => {
    const complain = (why: string): void => log.warn({ why }, 'the downlink cannot be read');
    if (connection) void followDownlink(connection, site, receiver.take, complain);
  });
  const unwatch = watchCredentials({
    clock,
    read: () => options.proof?.() ?? { kind: 'password', identity: '', expiresMs: undefined },
    inUse: () => monitor.wire()?.identity,
    renew(identity) {
      log.info({ identity }, 'other credentials were put in place; connecting with them');
      monitor.renew();
    },
  });
  const ai = new AiAsker({
    site,
    rules: { failures: advice.breakerFailures, retryMs: advice.breakerRetryMs },
    clock,
    connection: () => monitor.wire(),
    linkState: () => monitor.view().state,
    log,
    book,
  });
  const feed = new LinkFeed({
    clock,
    view: () => monitor.view(),
    onChange: (viewer) => monitor.onChange(viewer),
    backlog: () => delivery.backlog(),
  });
  const streamLength = async (): Promise<number | null> => {
    const connection = monitor.wire();
    if (!connection) return null;
    return new EventStream(connection, subjectsOf(site).stream).end().then(
      ({ seq }) => seq,
      () => null, // a link that fails now is one side less, not a fault of the balance
    );
  };
  const app = buildRoutes({
    advisor,
    ai,
    feed,
    link: monitor,
    counts: () => delivery.counts(),
    streamLength,
    faults: () => relay.faults(),
    relay: () => relay.figures(),
  });
  downlinkRoutes(app, { proposals, identity: () => monitor.wire()?.identity ?? '' });
  await listenOnSocket(app, given.socket);
  monitor.start();
  log.info({ site, socket: given.socket, servers: cloud.servers.length }, 'cloud-sync is ready');

  let stopping = false;
  const stop = async (signal: string): Promise<void> => {
    if (stopping) return;
    stopping = true;
    log.info({ signal }, 'cloud-sync stops');
    feed.close();
    await app.close();
    unwatch();
    monitor.stop();
    await relay.stop();
    await book.settled();
    await delivery.close();
    await proposals.close();
    log.info('cloud-sync has stopped');
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop(signal));
}

main().catch((fault: unknown) => {
  process.stderr.write(`${fault instanceof KeeplineError ? `${fault.code}: ${fault.message}\n  ${fault.hint}` : messageOf(fault)}\n`);
  process.exit(1); // a start that failed halfway has timers and files open, and nothing to save
});
