/**
 * `./keepline pair run | witness` are the daemons of a pair, `status | failback | promote` talk to the one of this machine over its socket, `key`
 * makes a secret for two of the machines.
 */
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { systemClock as clock } from '@keepline/contracts/clock';
import { endWith } from '@keepline/contracts/command-end';
import { KeeplineError } from '@keepline/contracts/errors';
import { PairAbsent, PairRefused } from './pair/errors.ts';
import { type PairConfig, readPairConfig } from './pair/pair-config.ts';
import { Pair, type PairStatus } from './pair/run-pair.ts';
import { openWitness } from './pair/vote-box.ts';

const USAGE = `usage: ./keepline pair run --config FILE -- COMMAND [...]
       ./keepline pair witness --config FILE
       ./keepline pair status | failback [--config FILE] [--json]
       ./keepline pair promote --accept-loss | --other-is-off [--config FILE]
       ./keepline pair key

  run             stands by and serves; COMMAND is the site, which stays in the foreground
  failback        the appliance that serves drains its calls and hands over to its peer
  promote         takes over with a copy that is behind (--accept-loss), or without any second vote because you
                  switched the other one off and nobody switches it on (--other-is-off); docs/runbook/split-pair.md
  --config FILE   /etc/keepline/pair.yaml by default`;
const CONFIG = '/etc/keepline/pair.yaml';

const say = (event: string, details: object): void =>
  console.error(JSON.stringify({ time: new Date(clock.now()).toISOString(), pair: event, ...details }));

async function runNode(config: PairConfig, command: readonly string[]): Promise<number> {
  if (command.length === 0) throw new Error('COMMAND is missing');
  const pair = await Pair.open(config, command, clock, say);
  const path = join(config.work, 'pair.sock');
  rmSync(path, { force: true });
  const server = createServer((question, reply) => {
    const { pathname, searchParams } = new URL(question.url ?? '/', 'http://pair');
    try {
      if (question.method === 'POST' && pathname === '/failback') pair.handOver();
      else if (question.method === 'POST' && pathname === '/promote') pair.promote(true, searchParams.has('alone'));
      else if (pathname !== '/status') return void reply.writeHead(404).end();
      reply.end(JSON.stringify(pair.status()));
    } catch (fault) {
      if (!(fault instanceof PairRefused)) throw fault;
      reply.writeHead(409).end(JSON.stringify({ message: fault.message, hint: fault.hint }));
    }
  });
  server.listen(path);
  await ended();
  server.close();
  await pair.close();
  rmSync(path, { force: true });
  return 0;
}

const ended = (): Promise<void> => new Promise((resolve) => process.once('SIGTERM', () => resolve()).once('SIGINT', () => resolve()));

async function runWitness(config: PairConfig): Promise<number> {
  const witness = await openWitness(config, clock);
  say('witness', { lease: config.timing.leaseMs });
  await ended();
  await witness.close();
  return 0;
}

/** @throws PairAbsent, PairRefused */
function order(work: string, method: 'GET' | 'POST', path: string): Promise<PairStatus> {
  const { promise, resolve, reject } = Promise.withResolvers<PairStatus>();
  const asked = request({ socketPath: join(work, 'pair.sock'), method, path }, (reply) => {
    let text = '';
    reply.setEncoding('utf8').on('data', (piece: string) => (text += piece));
    reply.on('end', () => {
      const said: unknown = JSON.parse(text);
      if (reply.statusCode === 200) return resolve(said as PairStatus); // parse boundary: our own daemon
      const { message, hint } = said as { message: string; hint: string };
      reject(new PairRefused(message, hint));
    });
  });
  asked.once('error', () => reject(new PairAbsent(work)));
  asked.end();
  return promise;
}

function shown(status: PairStatus, json: boolean): number {
  const { node, role, term, votes, fresh, copyAgeMs, data } = status;
  const well = role === 'standby' ? data === 'copy' : fresh;
  if (json) console.log(JSON.stringify(status));
  else {
    const copy = copyAgeMs === null ? 'the peer has no copy' : `the copy of the peer is ${(copyAgeMs / 1000).toFixed(1)} s old`;
    const own = data === 'copy' ? 'a whole copy' : data === 'own' ? 'data of its own' : 'no whole copy';
    console.log(
      `${node}: ${role}, term ${term}, votes of ${Object.keys(votes).join(', ') || 'nobody'}; ${role === 'standby' ? own : copy}`,
    );
    if (!well) console.log('  the peer could not take over by itself: docs/runbook/split-pair.md');
  }
  return well ? 0 : 1;
}

await endWith(async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      config: { type: 'string', default: CONFIG },
      json: { type: 'boolean', default: false },
      'accept-loss': { type: 'boolean', default: false },
      'other-is-off': { type: 'boolean', default: false },
    },
  });
  const [verb, ...command] = positionals;
  if (verb === 'key') {
    console.log(randomBytes(32).toString('base64'));
    return 0;
  }
  if (verb !== 'run' && verb !== 'witness' && verb !== 'status' && verb !== 'failback' && verb !== 'promote')
    throw new Error(`pair has no verb ${verb ?? ''}`);
  const config = readPairConfig(values.config);
  if (verb === 'run') return runNode(config, command);
  if (verb === 'witness') return runWitness(config);
  if (verb === 'status') return shown(await order(config.work, 'GET', '/status'), values.json);
  if (verb === 'failback') return shown(await order(config.work, 'POST', '/failback'), values.json) * 0;
  if (!values['accept-loss'] && !values['other-is-off'])
    throw new KeeplineError('PAIR_PROMOTE_UNANSWERED', 'promote needs somebody who answers for it', {
      hint: 'Read docs/runbook/split-pair.md, then say --accept-loss or --other-is-off.',
    });
  await order(config.work, 'POST', values['other-is-off'] ? '/promote?alone' : '/promote');
  console.log('ordered; ./keepline pair status shows what becomes of it');
  return 0;
}, USAGE);
