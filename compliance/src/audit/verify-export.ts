/** Checks an exported audit log on any machine: every byte of the file has one meaning, and all of them are under the last signature. */
import { type FileHandle, open } from 'node:fs/promises';
import { basename } from 'node:path';
import { messageOf } from '@keepline/contracts/errors';
import type { Checkpoint } from '../tlog/checkpoint.ts';
import { type NoteVerifier, verifierFrom } from '../tlog/signed-note.ts';
import { Frontier } from '../tlog/tree-hash.ts';
import { BUNDLE_LINE_MAX_BYTES, type BundleHead, HEAD_LINES, parseBundleLine, parseHead } from './bundle.ts';
import { openCheckpointLine } from './checkpoint-file.ts';
import { AuditEntryPruned, AuditFileUnreadable } from './errors.ts';
import { lineBlocks } from './line-blocks.ts';
import { openPruned, type Pruned } from './pruned.ts';
import { type AuditFault, type AuditVerdict, Replay } from './replay.ts';

/** @throws NoteInvalid when the key is none, AuditFileUnreadable, AuditEntryPruned where `elsewhere` cannot be compared; everything wrong with the export is in the verdict */
export async function verifyAuditExport(path: string, verifierKey: string, elsewhere: readonly Checkpoint[] = []): Promise<AuditVerdict> {
  const verifier = verifierFrom(verifierKey);
  const replay = new Replay(basename(path), elsewhere);
  const file = await open(path, 'r').catch((cause: unknown) => {
    throw new AuditFileUnreadable(path, cause);
  });
  try {
    const marks: Pruned[] = [];
    const fault = await replayFile(replay, file, verifier, marks);
    const [mark] = marks;
    return { ...replay.verdict(fault), ...(mark ? { pruned: { entries: mark.entries, newest: mark.newest, at: mark.at } } : {}) };
  } finally {
    await file.close();
  }
}

async function replayFile(replay: Replay, file: FileHandle, verifier: NoteVerifier, marks: Pruned[]): Promise<AuditFault | undefined> {
  const headLines: Buffer[] = [];
  let head: BundleHead | undefined;
  let at = 0;
  for await (const { lines, rest } of lineBlocks(file, 0, (await file.stat()).size, BUNDLE_LINE_MAX_BYTES)) {
    for (const line of lines) {
      if (head === undefined) {
        headLines.push(line);
        if (headLines.length === HEAD_LINES) {
          head = parseHead(headLines);
          if (head === undefined) return replay.fault(0, 'the file does not begin like an audit export');
          if (head.origin !== verifier.name) return replay.fault(0, `it is the log ${head.origin}, the key is of ${verifier.name}`);
        }
      } else {
        if (replay.signed === head.entries) return replay.fault(at, 'something follows the checkpoint over all entries');
        const fault = replayLine(replay, line, at, verifier, marks);
        if (fault) return fault;
      }
      at += line.length + 1;
    }
    if (rest) return replay.fault(at, 'the file is cut short within a line, or the line is too long');
  }
  if (head === undefined) return replay.fault(0, 'the file does not begin like an audit export');
  if (replay.signed !== head.entries)
    return replay.fault(at, `the file is cut short: ${head.entries - replay.signed} of ${head.entries} entries are not under a signature`);
  return replay.missing(head.entries, at);
}

function replayLine(replay: Replay, line: Buffer, offset: number, verifier: NoteVerifier, marks: Pruned[]): AuditFault | undefined {
  const found = parseBundleLine(line);
  if (found === undefined) return replay.fault(offset, 'the line is neither an entry nor a checkpoint');
  if (found.is === 'pruned') return resume(replay, found, offset, verifier, marks);
  if (found.is === 'entry')
    return found.number === replay.size
      ? replay.entry(found.line, offset, found.hash)
      : replay.fault(offset, `entry ${found.number} stands where ${replay.size} should: removed, inserted or moved`);
  try {
    const checkpoint = openCheckpointLine(found.text, verifier);
    if (checkpoint.size !== replay.size)
      return replay.fault(offset, `the checkpoint of ${checkpoint.size} entries stands behind ${replay.size}`);
    return replay.checkpoint(checkpoint);
  } catch (thrown) {
    return replay.fault(offset, `a checkpoint does not hold: ${messageOf(thrown)}`);
  }
}

/** What went before the oldest entry: a signed mark, and the subtrees that lead to its root. */
function resume(
  replay: Replay,
  { note, peaks }: { readonly note: string; readonly peaks: readonly Uint8Array[] },
  offset: number,
  verifier: NoteVerifier,
  marks: Pruned[],
): AuditFault | undefined {
  if (replay.size > 0) return replay.fault(offset, 'a log is pruned at its beginning only');
  let mark: Pruned;
  let frontier: Frontier;
  try {
    mark = openPruned(note, verifier);
    frontier = Frontier.of(mark.entries, peaks);
  } catch (thrown) {
    return replay.fault(offset, `the mark of the pruning does not hold: ${messageOf(thrown)}`);
  }
  if (Buffer.from(frontier.root()).toString('base64') !== mark.root)
    return replay.fault(offset, 'the mark of the pruning is of other entries');
  const [unknown] = replay.resume(frontier);
  if (unknown) throw new AuditEntryPruned(Math.max(unknown.size - 1, 0), mark.entries);
  marks.push(mark);
  return undefined;
}
