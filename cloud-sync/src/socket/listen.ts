/** The path of a unix socket made free for us: a stale file of a dead process is removed, a living process is not robbed. */
import { chmodSync, lstatSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { KeeplineError } from '@keepline/contracts/errors';
import type { FastifyInstance } from 'fastify';

/** `sockaddr_un` holds 108 bytes with its final zero (unix(7)); a longer path would be cut off silently. */
const PATH_MAX_BYTES = 107;

export class SocketTaken extends KeeplineError {
  constructor(path: string, why: string) {
    super('SOCKET_UNUSABLE', `cannot listen on ${path}: ${why}`, {
      hint: 'Give another path with --socket (at most 107 bytes), or stop the cloud-sync that serves it.',
      offending: path,
    });
  }
}

/** Serves `app` on the socket, readable and writable for owner and group (0660). @throws KeeplineError SOCKET_UNUSABLE */
export async function listenOnSocket(app: FastifyInstance, path: string): Promise<void> {
  if (Buffer.byteLength(path) > PATH_MAX_BYTES) throw new SocketTaken(path, 'the path is too long');
  await removeStale(path);
  // The mode of the file at the moment of bind follows the umask; nobody else may slip in before the chmod.
  const umask = process.umask(0o117);
  try {
    await app.listen({ path });
  } finally {
    process.umask(umask);
  }
  chmodSync(path, 0o660);
}

async function removeStale(path: string): Promise<void> {
  const file = lstatSync(path, { throwIfNoEntry: false });
  if (!file) return;
  if (!file.isSocket()) throw new SocketTaken(path, 'there is something else than a socket');
  const alive = await new Promise<boolean>((resolve) => {
    const probe = connect(path);
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', () => resolve(false));
  });
  if (alive) throw new SocketTaken(path, 'another process serves it');
  rmSync(path, { force: true });
}
