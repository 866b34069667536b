/**
 * The few things a recording does to a disk, each through a lane so that a stall stays here. All writes name their place: a write that
 * is tried again lands where it was meant to.
 */
import { createHash } from 'node:crypto';
import { type FileHandle, open, rename, statfs, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { readAt } from '@keepline/compliance/age';
import { DiskLane, SYNC_WIDTH, WRITE_WIDTH } from './disk-lane.ts';

export interface DiskFile {
  /** All bytes or an error; a short write is continued. */
  write(bytes: Uint8Array, offset: number): Promise<void>;
  /** What was written there before; rejects when the file is shorter. */
  read(length: number, offset: number): Promise<Buffer>;
  /** Resolves when everything written before is durable. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface Digest {
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
}

export interface RecordingDisk {
  /** A new file for this user only; fails when the name is taken. */
  create(path: string): Promise<DiskFile>;
  /** Gives a finished file its name, durably. */
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  digest(path: string): Promise<Digest>;
  freeBytes(path: string): Promise<number>;
}

const READ_BYTES = 262_144;

export function realDisk(): RecordingDisk {
  const writes = new DiskLane(WRITE_WIDTH);
  const syncs = new DiskLane(SYNC_WIDTH);
  return {
    create: (path) => writes.run(async () => diskFile(await open(path, 'wx+', 0o600), writes, syncs)),
    async rename(from, to) {
      await writes.run(() => rename(from, to));
      await syncs.run(() => syncFolder(dirname(to)));
    },
    remove: (path) => writes.run(() => unlink(path)),
    digest: (path) => digestOf(path, writes),
    async freeBytes(path) {
      const { bavail, bsize } = await writes.run(() => statfs(path));
      return bavail * bsize;
    },
  };
}

function diskFile(file: FileHandle, writes: DiskLane, syncs: DiskLane): DiskFile {
  return {
    write: (bytes, offset) =>
      writes.run(async () => {
        for (let done = 0; done < bytes.length; ) {
          const { bytesWritten } = await file.write(bytes, done, bytes.length - done, offset + done);
          if (bytesWritten === 0) throw new Error('the disk took no bytes');
          done += bytesWritten;
        }
      }),
    // In the same lane: what is read back was written seconds ago and comes from memory, but a stalled disk may hold that up, too.
    read: (length, offset) => writes.run(() => readAt(file, offset, length)),
    sync: () => syncs.run(() => file.datasync()),
    close: () => file.close(),
  };
}

/** SHA-256 as `sha256sum` prints it; each read takes its turn, so that a long recording does not hold up the running ones. */
export async function digestOf(path: string, lane = new DiskLane(1)): Promise<Digest> {
  const file = await open(path, 'r');
  try {
    const hash = createHash('sha256');
    const buffer = Buffer.alloc(READ_BYTES);
    let bytes = 0;
    for (;;) {
      const { bytesRead } = await lane.run(() => file.read(buffer, 0, buffer.length, bytes));
      if (bytesRead === 0) return { bytes, sha256: hash.digest('hex') };
      hash.update(buffer.subarray(0, bytesRead));
      bytes += bytesRead;
    }
  } finally {
    await file.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
