/** The control door of a running `up`: HTTP on a unix socket that only this user may open. Requests are taken one after the other. */
import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { KeeplineError, messageOf } from '@keepline/contracts/errors';
import type { UpStatus } from './status.ts';

const MAX_CONNECTIONS = 16;

export interface Controlled {
  status(): UpStatus;
  stopCloud(): Promise<void>;
  startCloud(): Promise<void>;
  freezeCloud(): void;
  thawCloud(): void;
  /** Begins to stop; does not wait for the end. */
  stop(): void;
}

type Act = (site: Controlled) => void | Promise<void>;

const acts: Readonly<Record<string, Act>> = {
  'GET /status': () => undefined,
  'POST /cloud/stop': (site) => site.stopCloud(),
  'POST /cloud/start': (site) => site.startCloud(),
  'POST /cloud/freeze': (site) => site.freezeCloud(),
  'POST /cloud/thaw': (site) => site.thawCloud(),
  'POST /stop': (site) => site.stop(),
};

/** Every act answers with the status after it. Resolves when the socket is open. */
export async function openControlSocket(path: string, site: Controlled): Promise<Server> {
  rmSync(path, { force: true }); // the lock of the data folder says that nobody else uses it
  let last: Promise<unknown> = Promise.resolve();
  const server = createServer((request, response) => {
    const reply = (status: number, body: object): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
    };
    request.resume();
    const key = `${request.method} ${request.url}`;
    const act = Object.hasOwn(acts, key) ? acts[key] : undefined;
    if (act === undefined) return reply(404, { error: { message: `no such act; there are: ${Object.keys(acts).join(', ')}` } });
    last = last.then(async () => {
      try {
        await act(site);
        reply(200, site.status());
      } catch (error) {
        const coded = error instanceof KeeplineError ? { code: error.code, hint: error.hint } : {};
        reply(500, { error: { ...coded, message: messageOf(error) } });
      }
    });
  });
  server.maxConnections = MAX_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => resolve());
  });
  chmodSync(path, 0o600);
  return server;
}
