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
const NEWLINE = 0x0a;

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

/** The newest checkpoint, without reading the others. @throws AuditDamaged */
export async function lastCheckpoint(dir: string, verifier: NoteVerifier): Promise<(Checkpoint & { readonly note: string }) | undefined> {
  const file = await openFile(dir);
  try {
    const found = await lineBefore(file, (await file?.stat())?.size ?? 0);
    return found && opened(dir, found, verifier);
  } finally {
    await file?.close();
  }
}

/**
 * The first checkpoint of more than `number` entries, by halving: sizes grow down the file. @throws AuditDamaged when a line on the way
 * is not ours
 */
export async function firstCovering(
  dir: string,
  number: number,
  verifier: NoteVerifier,
): Promise<(Checkpoint & { readonly note: string }) | undefined> {
  const file = await openFile(dir);
  try {
    let [low, high] = [0, (await file?.stat())?.size ?? 0];
    let best: (Checkpoint & { readonly note: string }) | undefined;
    while (low < high) {
      // The line that holds the middle: the last one that ends at or before the next newline.
      const found = await lineBefore(file, await endOfLine(file, Math.floor((low + high) / 2), high));
      if (!found || found.offset < low) break; // only a torn rest is left
      const checkpoint = opened(dir, found, verifier);
      if (checkpoint.size > number) [best, high] = [checkpoint, found.offset];
      else low = found.offset + Buffer.byteLength(found.line) + 1;
    }
    return best;
  } finally {
    await file?.close();
  }
}

function opened(dir: string, { line, offset }: CheckpointLine, verifier: NoteVerifier): Checkpoint & { readonly note: string } {
  try {
    return openCheckpointLine(line, verifier);
  } catch (thrown) {
    throw new AuditDamaged(join(dir, CHECKPOINTS_FILE), `the checkpoint at byte ${offset} does not hold (${messageOf(thrown)})`, offset);
  }
}

function openFile(dir: string): Promise<FileHandle | undefined> {
  return open(join(dir, CHECKPOINTS_FILE), 'r').catch((thrown: unknown) => {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return undefined;
    throw thrown;
  });
}

/** Where the line that holds byte `at` ends, behind its newline; `high` when none comes. */
async function endOfLine(file: FileHandle | undefined, at: number, high: number): Promise<number> {
  const bytes = Buffer.alloc(Math.min(TAIL_BYTES, high - at));
  await file?.read(bytes, 0, bytes.length, at);
  const newline = bytes.indexOf(NEWLINE);
  return newline < 0 ? high : at + newline + 1;
}

/** The last whole line that ends at or before byte `end`. */
async function lineBefore(file: FileHandle | undefined, end: number): Promise<CheckpointLine | undefined> {
  const from = Math.max(0, end - TAIL_BYTES);
  const bytes = Buffer.alloc(end - from);
  await file?.read(bytes, 0, bytes.length, from);
  const last = bytes.lastIndexOf(NEWLINE);
  if (last < 0) return undefined;
  const start = bytes.lastIndexOf(NEWLINE, last - 1) + 1;
  return { line: bytes.toString('utf8', start, last), offset: from + start };
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
  const whole = size - tail.length + tail.lastIndexOf(NEWLINE) + 1;
  if (whole < size) await file.truncate(whole);
}
