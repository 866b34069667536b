/**
 * The signed checkpoints of an audit log, one per line of `checkpoints.jsonl` as a JSON string. A line counts once its newline is there.
 */
import { type FileHandle, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Checkpoint, openCheckpoint } from '../tlog/checkpoint.ts';
import type { NoteVerifier } from '../tlog/signed-note.ts';
import { AuditDamaged } from './errors.ts';

export const CHECKPOINTS_FILE = 'checkpoints.jsonl';

/** All checkpoints, oldest first. @throws AuditDamaged when one is not ours, AUDIT_DAMAGED names its line */
export async function readCheckpoints(dir: string, verifier: NoteVerifier): Promise<Checkpoint[]> {
  const path = join(dir, CHECKPOINTS_FILE);
  const text = await readFile(path, 'utf8').catch((thrown: unknown) => {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return '';
    throw thrown;
  });
  const lines = text.split('\n').slice(0, -1); // what follows the last newline is torn and was never published
  return lines.map((line, i) => {
    try {
      return openCheckpoint(String(JSON.parse(line)), verifier);
    } catch (thrown) {
      throw new AuditDamaged(path, `checkpoint ${i + 1} does not hold (${thrown instanceof Error ? thrown.message : 'no JSON'})`, i + 1);
    }
  });
}

/** Adds a checkpoint, durably. For the holder of the lock. */
export async function appendCheckpoint(dir: string, note: string): Promise<void> {
  const file = await open(join(dir, CHECKPOINTS_FILE), 'a+', 0o600);
  try {
    await dropTorn(file);
    await file.appendFile(`${JSON.stringify(note)}\n`);
    await file.datasync();
  } finally {
    await file.close();
  }
}

async function dropTorn(file: FileHandle): Promise<void> {
  const { size } = await file.stat();
  if (size === 0) return;
  const tail = Buffer.alloc(Math.min(size, 4096));
  await file.read(tail, 0, tail.length, size - tail.length);
  const whole = size - tail.length + tail.lastIndexOf(0x0a) + 1;
  if (whole < size) await file.truncate(whole);
}
