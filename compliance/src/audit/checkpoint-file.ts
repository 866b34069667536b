/**
 * The signed checkpoints of an audit log, one per line of `checkpoints.jsonl` as a JSON string. A line counts once its newline is there.
 */
import { type FileHandle, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '@keepline/contracts/errors';
import { type Checkpoint, openCheckpoint } from '../tlog/checkpoint.ts';
import type { NoteVerifier } from '../tlog/signed-note.ts';
import { AuditDamaged } from './errors.ts';

export const CHECKPOINTS_FILE = 'checkpoints.jsonl';
/** What is looked at for the end of the last whole line, bytes; a line is some hundred. */
const TAIL_BYTES = 4096;

export interface CheckpointLine {
  /** As it stands in the file, without its newline. */
  readonly line: string;
  /** Where it begins, bytes. */
  readonly offset: number;
}

/** All whole lines, oldest first, unchecked: one checkpoint per 1,000 entries or minute, some hundred bytes each. */
export async function readCheckpointLines(dir: string): Promise<CheckpointLine[]> {
  const text = await readFile(join(dir, CHECKPOINTS_FILE), 'utf8').catch((thrown: unknown) => {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return '';
    throw thrown;
  });
  let offset = 0;
  // What follows the last newline is torn and was never published.
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const found = { line, offset };
      offset += Buffer.byteLength(line) + 1;
      return found;
    });
}

/** The note in a line. @throws NoteInvalid, SyntaxError or RangeError when it is not one of ours, byte for byte */
export function openCheckpointLine(line: string, verifier: NoteVerifier): Checkpoint & { readonly note: string } {
  const note: unknown = JSON.parse(line);
  if (typeof note !== 'string' || JSON.stringify(note) !== line) throw new RangeError('it is written in another way');
  return { ...openCheckpoint(note, verifier), note };
}

/** All checkpoints, oldest first. @throws AuditDamaged when one is not ours, AUDIT_DAMAGED names its line */
export async function readCheckpoints(dir: string, verifier: NoteVerifier): Promise<(Checkpoint & { readonly note: string })[]> {
  return (await readCheckpointLines(dir)).map(({ line }, i) => {
    try {
      return openCheckpointLine(line, verifier);
    } catch (thrown) {
      throw new AuditDamaged(join(dir, CHECKPOINTS_FILE), `checkpoint ${i + 1} does not hold (${messageOf(thrown)})`, i + 1);
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

/** Cuts what a killed process left of a checkpoint, so that a reader can take any other rest for tampering. For the holder of the lock. */
export async function mendCheckpoints(dir: string): Promise<void> {
  const file = await open(join(dir, CHECKPOINTS_FILE), 'a+', 0o600);
  try {
    await dropTorn(file);
  } finally {
    await file.close();
  }
}

async function dropTorn(file: FileHandle): Promise<void> {
  const { size } = await file.stat();
  if (size === 0) return;
  const tail = Buffer.alloc(Math.min(size, TAIL_BYTES));
  await file.read(tail, 0, tail.length, size - tail.length);
  const whole = size - tail.length + tail.lastIndexOf(0x0a) + 1;
  if (whole < size) await file.truncate(whole);
}
