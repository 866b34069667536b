/** The doors of a pair daemon on its own machine: orders and status over a unix socket, figures for Prometheus over the loopback address. */
import { once } from 'node:events';
import { chmodSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { messageOf } from '@keepline/contracts/errors';
import { PairAbsent, PairRefused } from './errors.ts';
import type { Pair } from './run-pair.ts';
import { type PairStatus, pairMetrics } from './pair-status.ts';

/** An order names who gave it and why. */
const ORDER_MAX_BYTES = 4096;

export type Orders = Pick<Pair, 'status' | 'handOver' | 'promote'>;
export interface OrderedBy {
  readonly who: string;
  readonly role: string;
  readonly from: string;
  readonly purpose: string;
}
export type Verb = 'status' | 'failback' | 'promote' | 'promote-alone';

/** @param metricsPort 0 for none */
export async function openOrders(pair: Orders, work: string, metricsPort: number): Promise<{ close(): void }> {
  const path = join(work, 'pair.sock');
  rmSync(path, { force: true });
  const orders = createServer((question, reply) => {
    carryOut(pair, question, reply).catch((fault: unknown) => {
      const refused = fault instanceof PairRefused;
      reply.writeHead(refused ? 409 : 500).end(JSON.stringify({ message: messageOf(fault), hint: refused ? fault.hint : '' }));
    });
  }).listen(path);
  await once(orders, 'listening');
  chmodSync(path, 0o600);
  const figures = createServer((question, reply) => {
    if (question.url !== '/metrics') return void reply.writeHead(404).end();
    reply.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(pairMetrics(pair.status()));
  });
  if (metricsPort > 0) {
    figures.listen(metricsPort, '127.0.0.1');
    await once(figures, 'listening');
  }
  return {
    close() {
      orders.close();
      orders.closeAllConnections();
      figures.close();
      figures.closeAllConnections();
      rmSync(path, { force: true });
    },
  };
}

async function carryOut(pair: Orders, question: IncomingMessage, reply: ServerResponse): Promise<void> {
  const verb = (question.url ?? '').slice(1);
  if (question.method === 'POST') {
    let text = '';
    for await (const piece of question.setEncoding('utf8'))
      if ((text += String(piece)).length > ORDER_MAX_BYTES) return void reply.destroy();
    const by = JSON.parse(text) as OrderedBy; // parse boundary: the command line of this machine, of one version
    if (verb === 'failback') pair.handOver();
    else if (verb === 'promote' || verb === 'promote-alone') pair.promote(true, verb === 'promote-alone', by);
    else return void reply.writeHead(404).end('{}');
  } else if (verb !== 'status') return void reply.writeHead(404).end('{}');
  reply.end(JSON.stringify(pair.status()));
}

/** Asks the daemon of this machine. @throws PairAbsent, PairRefused */
export function order(work: string, verb: Verb, by?: OrderedBy): Promise<PairStatus> {
  const { promise, resolve, reject } = Promise.withResolvers<PairStatus>();
  const asked = request({ socketPath: join(work, 'pair.sock'), method: by ? 'POST' : 'GET', path: `/${verb}`, agent: false }, (reply) => {
    let text = '';
    reply.setEncoding('utf8').on('data', (piece: string) => (text += piece));
    reply.on('error', () => reject(new PairAbsent(work)));
    reply.on('end', () => {
      const said: unknown = JSON.parse(text);
      if (reply.statusCode === 200) return resolve(said as PairStatus); // parse boundary: our own daemon
      const { message, hint } = said as { message: string; hint: string };
      reject(new PairRefused(message, hint));
    });
  });
  asked.once('error', () => reject(new PairAbsent(work)));
  asked.end(by && JSON.stringify(by));
  return promise;
}
