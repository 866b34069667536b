/**
 * Checks the folder of an audit log offline, changing nothing: every entry against the index, every root against the signed checkpoints;
 * needs the verifier key only, and takes the checkpoints that were kept elsewhere (cloud, SIEM, witness) as well.
 */
import { createHash } from 'node:crypto';
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
import { openPruned, type Pruned, PRUNED_FILE, readPrunedNote } from './pruned.ts';
import { type AuditFault, type AuditVerdict, Replay } from './replay.ts';

export type { AuditFault, AuditVerdict } from './replay.ts';

/** How often a log in use is looked at for a moment without a writer, and the pause between, ms. */
const QUIET_TRIES = 50;
const QUIET_PAUSE_MS = 4;
/** Records of the index, and bytes of what was pruned, that are read at once. */
const RECORDS_AT_ONCE = 25_000;
const BYTES_AT_ONCE = 1_048_576;

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
    const mark = await markOf(dir, verifier);
    if (typeof mark === 'string') return replay.verdict(replay.fault(0, mark, PRUNED_FILE));
    const { end, fault, remnantBytes } = await replayEntries(replay, { entries, index, sizes, mark }, signed.checkpoints);
    const found = fault ?? signed.fault ?? faultAtEnd(replay, sizes, { entries: end, checkpoints: signed.end });
    const unacknowledgedBytes = sizes.entries - end;
    return {
      ...replay.verdict(found),
      ...(mark ? { pruned: { entries: mark.entries, newest: mark.newest, at: mark.at } } : {}),
      ...(remnantBytes > 0 ? { remnantBytes } : {}),
      ...(!found && unacknowledgedBytes > 0 ? { unacknowledgedBytes } : {}),
    };
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

/** @returns why it does not hold, where it does not */
async function markOf(dir: string, verifier: NoteVerifier): Promise<Pruned | string | undefined> {
  const note = await readPrunedNote(dir);
  if (note === undefined) return undefined;
  try {
    return openPruned(note, verifier);
  } catch (thrown) {
    return `the mark of the pruning does not hold: ${messageOf(thrown)}`;
  }
}

interface Reading {
  readonly entries: FileHandle;
  readonly index: FileHandle;
  readonly sizes: Sizes;
  readonly mark: Pruned | undefined;
}
interface Replayed {
  /** Where what is acknowledged ends in the file of entries. */
  readonly end: number;
  readonly remnantBytes: number;
  readonly fault?: AuditFault;
}

/** The entries that were pruned, by their hashes; what their text was is not here to be read. */
async function replayPruned(
  replay: Replay,
  { entries, index, sizes }: Reading,
  mark: Pruned,
  due: () => AuditFault | undefined,
): Promise<Replayed> {
  const sum = createHash('sha256');
  let end = 0;
  while (replay.size < mark.entries) {
    const records = Buffer.alloc(Math.min(RECORDS_AT_ONCE, mark.entries - replay.size) * INDEX_RECORD_BYTES);
    const { bytesRead } = await index.read(records, 0, records.length, replay.size * INDEX_RECORD_BYTES);
    if (bytesRead < records.length)
      return { end, remnantBytes: 0, fault: replay.fault(bytesRead, 'the index ends before the pruned entries do', INDEX_FILE) };
    sum.update(records);
    for (let i = 0; i < records.length / INDEX_RECORD_BYTES; i++) {
      const record = recordAt(records, i);
      end = record.end;
      const forged = replay.leaf(record.hash, 0) ?? due();
      if (forged) return { end, remnantBytes: 0, fault: forged };
    }
  }
  const holds = Buffer.from(replay.root()).toString('base64') === mark.root && sum.digest('base64') === mark.index;
  if (!holds)
    return {
      ...{ end, remnantBytes: 0 },
      fault: {
        ...replay.fault(0, 'the index of the pruned entries is not the one that was marked', INDEX_FILE),
        entry: 0,
        until: mark.entries,
      },
    };
  let remnantBytes = 0;
  for (let at = 0; at < Math.min(end, sizes.entries); at += BYTES_AT_ONCE) {
    const bytes = Buffer.alloc(Math.min(BYTES_AT_ONCE, end - at));
    await entries.read(bytes, 0, bytes.length, at);
    for (const byte of bytes) if (byte !== 0) remnantBytes++;
  }
  return { end, remnantBytes };
}

/** Replays what the index acknowledges. */
async function replayEntries(replay: Replay, reading: Reading, checkpoints: readonly Checkpoint[]): Promise<Replayed> {
  const { entries, index, sizes, mark } = reading;
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
  if (first) return { end, remnantBytes: 0, fault: first };
  let remnantBytes = 0;
  if (mark) {
    const pruned = await replayPruned(replay, reading, mark, due);
    if (pruned.fault) return pruned;
    ({ end, remnantBytes } = pruned);
  }
  let actFound = mark === undefined;
  reading: for await (const { lines, rest } of lineBlocks(entries, end, sizes.entries, ENTRY_MAX_BYTES)) {
    const records = Buffer.alloc(Math.min(lines.length + 1, indexed - replay.size) * INDEX_RECORD_BYTES);
    await index.read(records, 0, records.length, replay.size * INDEX_RECORD_BYTES);
    for (const [i, line] of lines.entries()) {
      if (replay.size === indexed) break reading;
      const record = recordAt(records, i);
      const place = replay.size * INDEX_RECORD_BYTES;
      const fault = replay.entry(line, end, record.hash);
      if (fault) return { end, remnantBytes, fault };
      actFound ||= line.includes(`"act":"audit.prune"`) && line.includes(`"correlation":"${mark?.act}"`);
      end += line.length + 1;
      if (record.end !== end)
        return {
          ...{ end, remnantBytes },
          fault: { ...replay.fault(place, 'the index names another end of this entry', INDEX_FILE), entry: replay.size - 1 },
        };
      const forged = due();
      if (forged) return { end, remnantBytes, fault: forged };
    }
    if (rest && replay.size < indexed) return { end, remnantBytes, fault: replay.fault(end, cutShort(rest)) };
  }
  const promised = Math.max(indexed, checkpoints.at(-1)?.size ?? 0);
  const missing = replay.missing(promised, end);
  const fault = missing ?? (actFound ? undefined : replay.fault(0, 'no act of the log tells of the pruning', PRUNED_FILE));
  return { end, remnantBytes, ...(fault ? { fault } : {}) };
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
