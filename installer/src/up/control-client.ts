/** Talks to the running `up` of a data folder. */
import { request } from 'node:http';
import { KeeplineError } from '@keepline/contracts/errors';
import type { LinkStatus } from '@keepline/contracts/link';
import type { DataFolder } from './data-folder.ts';
import type { UpStatus } from './status.ts';

const LIMIT_MS = 30_000; // healing the cloud waits for its server to open

/** The status after the act, or undefined when no `up` runs there. @throws KeeplineError UP_REFUSED */
export async function askUp(folder: DataFolder, method: 'GET' | 'POST', path: string): Promise<UpStatus | undefined> {
  const reply = await send(folder.upSocket, method, path);
  if (reply === undefined) return undefined;
  const body: unknown = JSON.parse(reply.text);
  if (reply.status === 200) return body as UpStatus; // parse boundary: both ends are this program, of one version
  const { error } = body as { error: { message: string; hint?: string } };
  throw new KeeplineError('UP_REFUSED', error.message, { hint: error.hint ?? 'See what runs: ./keepline status', offending: path });
}

/** What `cloud-sync` says about the link, or undefined when it does not run. */
export async function askLink(folder: DataFolder): Promise<LinkStatus | undefined> {
  const reply = await send(folder.cloudSyncSocket, 'GET', '/link');
  if (reply?.status !== 200) return undefined;
  const body: unknown = JSON.parse(reply.text);
  return body as LinkStatus; // parse boundary: the sibling package of one version
}

/** Public identity `cloud-sync` is connected with, '' without a connection; undefined when it does not run. */
export async function askIdentity(folder: DataFolder): Promise<string | undefined> {
  const reply = await send(folder.cloudSyncSocket, 'GET', '/credentials');
  if (reply?.status !== 200) return undefined;
  const { identity } = JSON.parse(reply.text) as { identity: string }; // parse boundary: the sibling package of one version
  return identity;
}

/** Both ends of the way to the cloud, counted; the words of `cloud-sync`. */
export interface Reconciliation {
  readonly verdict: 'balanced' | 'unbalanced' | 'one_sided';
  readonly counts: {
    readonly produced: number;
    readonly delivered: number;
    readonly expired: number;
    readonly quarantined: number;
    readonly waiting: number;
  };
  readonly unaccounted: number;
  readonly stream: number | null;
  readonly difference: number | null;
}

/** Undefined when `cloud-sync` does not run there. */
export async function askReconciliation(folder: DataFolder): Promise<Reconciliation | undefined> {
  const reply = await send(folder.cloudSyncSocket, 'GET', '/reconcile');
  if (reply?.status !== 200) return undefined;
  const body: unknown = JSON.parse(reply.text);
  return body as Reconciliation; // parse boundary: the sibling package of one version
}

function send(socketPath: string, method: string, path: string): Promise<{ status: number; text: string } | undefined> {
  return new Promise((resolve, reject) => {
    // No connection is kept: one to an `up` that ended meanwhile would fail at the next question.
    const asked = request({ socketPath, method, path, timeout: LIMIT_MS, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.once('error', reject);
      response.once('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    asked.once('timeout', () =>
      asked.destroy(
        new KeeplineError('UP_REFUSED', `no answer on ${socketPath} within ${LIMIT_MS / 1000} s`, {
          hint: 'The site may be stopping; look at its terminal.',
        }),
      ),
    );
    asked.once('error', (error) => {
      if ('code' in error && (error.code === 'ENOENT' || error.code === 'ECONNREFUSED')) resolve(undefined);
      else reject(error);
    });
    asked.end();
  });
}

/** The parts of the gateway and how they are, by its health page on the loopback address; undefined when it does not answer. */
export async function askHealth(http: string): Promise<Readonly<Record<string, string>> | undefined> {
  try {
    const reply = await fetch(`${http}/api/health`, { signal: AbortSignal.timeout(HEALTH_MS) });
    const body: unknown = await reply.json();
    return (body as { parts: Record<string, string> }).parts; // parse boundary: the sibling package of one version
  } catch {
    return undefined;
  }
}
const HEALTH_MS = 3000;
