/**
 * Crypto-shredding of a recording. The key of each file stands nowhere but in the age header of that file, wrapped to the recipient of the site;
 * overwriting the header and the nonce behind it leaves sealed bytes that nobody can open, whoever holds the identity. What a disk that moves its
 * blocks or a backup keeps of the header is not reached from here (docs/keys.md, ADR 0015).
 */
import { randomBytes } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { HEADER_MAX_BYTES, headerLength, PAYLOAD_NONCE_BYTES, readAt } from '@keepline/compliance/age';
import type { RecordingId } from '@keepline/contracts/ids';
import { finishedName, partName, peaksName, tailName } from '../recording/file-names.ts';

/** Destroys every file of a recording. May be called again after a crash. @returns the names that were destroyed */
export async function shredRecording(dir: string, id: RecordingId): Promise<string[]> {
  const destroyed: string[] = [];
  for (const name of [finishedName(id), partName(id), tailName(id), peaksName(id)]) {
    const file = await open(join(dir, name), 'r+').catch((thrown: unknown) => {
      if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return undefined;
      throw thrown;
    });
    if (!file) continue;
    try {
      await overwriteHead(file);
    } finally {
      await file.close();
    }
    await unlink(join(dir, name));
    destroyed.push(name);
  }
  const folder = await open(dir, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
  return destroyed;
}

async function overwriteHead(file: FileHandle): Promise<void> {
  const { size } = await file.stat();
  const start = await readAt(file, 0, Math.min(size, HEADER_MAX_BYTES));
  const bytes = Math.min(size, lengthOfHead(start));
  await file.write(randomBytes(bytes), 0, bytes, 0);
  await file.sync();
}

/** A file whose header cannot be read, or was overwritten before a crash, loses as much as the longest header may take. */
function lengthOfHead(start: Buffer): number {
  try {
    return headerLength(start) + PAYLOAD_NONCE_BYTES;
  } catch {
    return HEADER_MAX_BYTES;
  }
}
