/**
 * A small witness: HTTP with `POST <prefix>/add-checkpoint` (C2SP tlog-witness) and `/add-handover` (add-handover.ts). It holds a key and what it signed last, and no
 * entry of anybody's log; run it where the administrators of the log have no rights.
 */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '@keepline/contracts/clock';
import { cosign, textOfNote } from '../tlog/cosignature.ts';
import { followHandovers, openHandover } from '../keys/audit-handover.ts';
import { type NoteSigner, verifierFrom } from '../tlog/signed-note.ts';
import { type Answer, judge, parseAddCheckpoint, REQUEST_MAX_BYTES } from './add-checkpoint.ts';
import { judgeHandover, readHandover } from './add-handover.ts';
import { WitnessState } from './witness-state.ts';

/** A client that is slower than this is cut off, ms. */
const REQUEST_TIMEOUT_MS = 10_000;
const CONNECTIONS_MAX = 64;

export interface WitnessOptions {
  /** Folder of its memory. */
  readonly dir: string;
  readonly signer: NoteSigner;
  /** Public keys of the logs it watches, as `audit.verifier` or `keys follow` gives them. */
  readonly logs: readonly string[];
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly clock: Pick<Clock, 'now'>;
  readonly onFault: (fault: unknown) => void;
  /** The key of a log was followed to another one. */
  readonly onHandover?: (log: string, key: string) => void;
}

export interface Witness {
  readonly port: number;
  close(): Promise<void>;
}

/** What a log may ask for. */
const PATHS = ['/add-checkpoint', '/add-handover'] as const;
type Reply = readonly [status: number, type: string, body: string];

export async function startWitness(options: WitnessOptions): Promise<Witness> {
  const { signer, clock, onFault } = options;
  const state = await WitnessState.open(options.dir);
  const rings = new Map<string, string>();
  for (const key of options.logs) {
    const { name } = verifierFrom(key);
    rings.set(name, ringFrom(key, await state.handovers(name)));
  }
  let turn: Promise<unknown> = Promise.resolve();

  const decide = async (body: string): Promise<Reply> => {
    const request = parseAddCheckpoint(body);
    if (!request) return [400, 'text/plain', 'the request is malformed\n'];
    const ring = rings.get(request.checkpoint.slice(0, request.checkpoint.indexOf('\n')));
    const log = ring === undefined ? undefined : verifierFrom(ring);
    const answer = judge(request, log, log && (await state.last(log)));
    if (answer.status !== 200) return replyOf(answer);
    await state.remember(answer.accepted.origin, request.checkpoint);
    const line = cosign(textOfNote(request.checkpoint), Math.floor(clock.now() / 1000), signer);
    return [200, 'text/plain; charset=utf-8', line];
  };
  const follow = async (note: string): Promise<Reply> => {
    let read: ReturnType<typeof readHandover>;
    try {
      read = readHandover(note);
    } catch {
      return [400, 'text/plain', 'it is no handover, or both keys did not sign it\n'];
    }
    const { handover, name } = read;
    const ring = rings.get(name);
    if (ring === undefined) return [404, 'text/plain', 'this witness does not know the log\n'];
    const answer = judgeHandover(handover, ring, await state.last(verifierFrom(ring)));
    if (answer.status !== 200) return [answer.status, 'text/plain', `${answer.why}\n`];
    if (answer.followed) {
      await state.rememberHandover(name, note);
      rings.set(name, followHandovers(ring, [note]));
      options.onHandover?.(name, handover.to);
    }
    return [200, 'text/plain', `${handover.to}\n`];
  };
  const server = createServer((request, response) => {
    const send = ([status, type, text]: Reply): void =>
      void response.writeHead(status, { 'content-type': type, connection: 'close' }).end(text);
    const task = request.method !== 'POST' ? undefined : [decide, follow][PATHS.findIndex((path) => request.url?.endsWith(path))];
    if (!task) return send([404, 'text/plain', `only POST ${PATHS.join(' and ')}\n`]);
    bodyOf(request).then(
      (body) => {
        if (body === undefined) return send([413, 'text/plain', 'the request is too long\n']);
        // One after the other: between looking at what was signed last and remembering the next nothing may come.
        const mine = turn.then(() => task(body));
        turn = mine.catch(() => {});
        return mine.then(send, (thrown: unknown) => {
          onFault(thrown);
          send([500, 'text/plain', 'the witness cannot remember\n']);
        });
      },
      () => request.destroy(),
    );
  });
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.maxConnections = CONNECTIONS_MAX;
  const port = await listening(server, options.host, options.port);
  return {
    port,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await turn;
    },
  };
}

/** What was followed before holds also where the operator still gives the key from before. */
function ringFrom(key: string, handovers: readonly string[]): string {
  const [current = ''] = key.trim().split(' ', 1);
  return handovers.some((note) => openHandover(note).from === current) ? followHandovers(key, handovers) : key;
}

function replyOf(answer: Exclude<Answer, { readonly status: 200 }>): Reply {
  return answer.status === 409 ? [409, 'text/x.tlog.size', `${answer.size}\n`] : [answer.status, 'text/plain', `${answer.why}\n`];
}

async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request) {
    const chunk = Buffer.from(piece);
    bytes += chunk.length;
    if (bytes > REQUEST_MAX_BYTES) return undefined;
    pieces.push(chunk);
  }
  return Buffer.concat(pieces).toString('utf8');
}

function listening(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });
}
