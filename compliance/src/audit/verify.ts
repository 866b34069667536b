/**
 * Checks the folder of an audit log offline, changing nothing: every entry against the index, every root against the signed checkpoints;
 * needs the verifier key only, and takes the checkpoints that were kept elsewhere (cloud, SIEM, witness) as well.
 */
import { type FileHandle, open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { messageOf } from '@keepline/contracts/errors';
import type { Checkpoint } from '../tlog/checkpoint.ts';
import { type NoteVerifier, verifierFrom } from '../tlog/signed-note.ts';
import { CHECKPOINTS_FILE, type CheckpointLine, openCheckpointLine, readCheckpointLines } from './checkpoint-file.ts';
import { ENTRY_MAX_BYTES } from './entry.ts';
import { AuditFileUnreadable } from './errors.ts';
import { ENTRIES_FILE, INDEX_FILE, INDEX_RECORD_BYTES, recordAt } from './entry-files.ts';
import { LOCK_FILE, lockState } from './lock-file.ts';
import { type LineBlock, lineBlocks } from './line-blocks.ts';
import { type AuditFault, type AuditVerdict, Replay } from './replay.ts';

export type { AuditFault, AuditVerdict } from './replay.ts';

/** How often a log in use is looked at for a moment without a writer, and the pause between, ms. */
const QUIET_TRIES = 50;
const QUIET_PAUSE_MS = 4;

/**
 * @param verifierKey `<name>+<id>+<key>` @param elsewhere checkpoints kept outside: only they show a log that was cut back or signed anew
 * @throws NoteInvalid when that is no key, AuditFileUnreadable; everything wrong with the log is in the verdict
 */
export async function verifyAuditLog(dir: string, verifierKey: string, elsewhere: readonly Checkpoint[] = []): Promise<AuditVerdict> {
  const verifier = verifierFrom(verifierKey);
  const replay = new Replay(ENTRIES_FILE, elsewhere);
  const files: FileHandle[] = [];
  try {
    const sizes = await quietSizes(dir);
    const signed = checkpointsOf(await readCheckpointLines(dir), verifier);
    for (const name of [ENTRIES_FILE, INDEX_FILE]) files.push(await open(join(dir, name), 'r'));
    const [entries, index] = files;
    if (!entries || !index) return replay.verdict();
    const { end, fault } = await replayEntries(replay, entries, index, sizes, signed.checkpoints);
    const found = fault ?? signed.fault ?? faultAtEnd(replay, sizes, { entries: end, checkpoints: signed.end });
    const unacknowledgedBytes = sizes.entries - end;
    return { ...replay.verdict(found), ...(!found && unacknowledgedBytes > 0 ? { unacknowledgedBytes } : {}) };
  } catch (thrown) {
    if (!isGone(thrown)) throw new AuditFileUnreadable(dir, thrown); // no rights, a broken disk: that says nothing about the log
    return replay.verdict(replay.fault(0, messageOf(thrown)));
  } finally {
    for (const file of files) await file.close();
  }
}

const isGone = (thrown: unknown): boolean => thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT';

interface Sizes {
  /** Bytes. */
  readonly entries: number;
  readonly index: number;
  readonly checkpoints: number;
  /** A process was writing, or died while it wrote: it may have left bytes that were promised to nobody. */
  readonly writing: boolean;
}

/** Sizes that belong together: taken twice around a look at the lock, again while a writer is at work. */
async function quietSizes(dir: string): Promise<Sizes> {
  const sizeOf = (name: string): Promise<number> =>
    stat(join(dir, name)).then(
      ({ size }) => size,
      () => 0,
    );
  for (let tries = 1; ; tries++) {
    // In this order a size never promises what another does not have yet: entries are written first, checkpoints last.
    const [checkpoints, index, entries] = [await sizeOf(CHECKPOINTS_FILE), await sizeOf(INDEX_FILE), await sizeOf(ENTRIES_FILE)];
    const lock = await lockState(join(dir, LOCK_FILE));
    const still = entries === (await sizeOf(ENTRIES_FILE)) && index === (await sizeOf(INDEX_FILE));
    if ((still && lock !== 'held') || tries === QUIET_TRIES) return { checkpoints, index, entries, writing: lock !== 'free' || !still };
    await setTimeout(QUIET_PAUSE_MS);
  }
}

/** The checkpoints that hold, up to the first that does not. */
function checkpointsOf(
  lines: readonly CheckpointLine[],
  verifier: NoteVerifier,
): { readonly checkpoints: Checkpoint[]; readonly end: number; readonly fault?: AuditFault } {
  const checkpoints: Checkpoint[] = [];
  let end = 0;
  for (const { line, offset } of lines) {
    const before = checkpoints.at(-1)?.size ?? 0;
    const fault = (why: string): AuditFault => ({ entry: before, file: CHECKPOINTS_FILE, offset, why });
    try {
      const checkpoint = openCheckpointLine(line, verifier);
      // Equal sizes are two processes that signed the same; a smaller one after a larger is a place that was changed.
      if (checkpoint.size < before)
        return { checkpoints, end, fault: fault(`the checkpoint of ${checkpoint.size} entries stands behind one of ${before}`) };
      checkpoints.push(checkpoint);
      end = offset + Buffer.byteLength(line) + 1;
    } catch (thrown) {
      return { checkpoints, end, fault: fault(`checkpoint ${checkpoints.length + 1} does not hold: ${messageOf(thrown)}`) };
    }
  }
  return { checkpoints, end };
}

/** Replays what the index acknowledges. `end` is where that ends in the file of entries. */
async function replayEntries(
  replay: Replay,
  entries: FileHandle,
  index: FileHandle,
  sizes: Sizes,
  checkpoints: readonly Checkpoint[],
): Promise<{ readonly end: number; readonly fault?: AuditFault }> {
  const indexed = Math.floor(sizes.index / INDEX_RECORD_BYTES);
  let end = 0;
  let next = 0;
  const due = (): AuditFault | undefined => {
    for (let checkpoint = checkpoints[next]; checkpoint?.size === replay.size; checkpoint = checkpoints[++next]) {
      const fault = replay.checkpoint(checkpoint);
      if (fault) return fault;
    }
    return undefined;
  };
  const first = due(); // of the empty log
  if (first) return { end, fault: first };
  reading: for await (const { lines, rest } of lineBlocks(entries, 0, sizes.entries, ENTRY_MAX_BYTES)) {
    const records = Buffer.alloc(Math.min(lines.length + 1, indexed - replay.size) * INDEX_RECORD_BYTES);
    await index.read(records, 0, records.length, replay.size * INDEX_RECORD_BYTES);
    for (const [i, line] of lines.entries()) {
      if (replay.size === indexed) break reading;
      const record = recordAt(records, i);
      const place = replay.size * INDEX_RECORD_BYTES;
      const fault = replay.entry(line, end, record.hash);
      if (fault) return { end, fault };
      end += line.length + 1;
      if (record.end !== end)
        return { end, fault: { ...replay.fault(place, 'the index names another end of this entry', INDEX_FILE), entry: replay.size - 1 } };
      const forged = due();
      if (forged) return { end, fault: forged };
    }
    if (rest && replay.size < indexed) return { end, fault: replay.fault(end, cutShort(rest)) };
  }
  const promised = Math.max(indexed, checkpoints.at(-1)?.size ?? 0);
  const missing = replay.missing(promised, end);
  return { end, ...(missing ? { fault: missing } : {}) };
}

const cutShort = (rest: LineBlock['rest']): string =>
  (rest?.length ?? 0) > ENTRY_MAX_BYTES ? 'the line is longer than any entry' : 'the entry is cut short';

/** Bytes beyond what was promised are the work of a writer that died or is at work; where there is none, somebody else put them there. */
function faultAtEnd(
  replay: Replay,
  sizes: Sizes,
  ends: { readonly entries: number; readonly checkpoints: number },
): AuditFault | undefined {
  if (sizes.writing) return undefined;
  const tails = [
    { file: ENTRIES_FILE, end: ends.entries, size: sizes.entries },
    { file: INDEX_FILE, end: sizes.index - (sizes.index % INDEX_RECORD_BYTES), size: sizes.index },
    { file: CHECKPOINTS_FILE, end: ends.checkpoints, size: sizes.checkpoints },
  ];
  const tail = tails.find(({ end, size }) => size > end);
  if (!tail) return undefined;
  const why = `${tail.size - tail.end} bytes stand behind the end, and no process died while it wrote: they were inserted, or the power failed`;
  return replay.fault(tail.end, why, tail.file);
}
