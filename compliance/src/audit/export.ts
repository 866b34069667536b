/** Walks an audit log from its first entry to its last checkpoint, checks it on the way, and hands it to the form it is exported in. */
import type { NoteVerifier } from '../tlog/signed-note.ts';
import { type BundleHead, formatCheckpointLine, formatEntryLine, formatHead, formatPrunedLine } from './bundle.ts';
import { readCheckpoints } from './checkpoint-file.ts';
import { EntryReader, type NumberedEntry } from './entry-reader.ts';
import { AuditDamaged, AuditUnsigned } from './errors.ts';
import { readPruned } from './pruned.ts';
import { Replay } from './replay.ts';

/** Hashes of pruned entries read at once: 1 MB. */
const LEAVES_AT_ONCE = 25_000;

export interface Exported {
  /** Under the last checkpoint of the export. */
  readonly entries: number;
  /** Of these, before the oldest that is kept. */
  readonly pruned: number;
  readonly checkpoints: number;
  /** Hex. */
  readonly root: string;
}

/** What an export is written as. Calls come in the order of the log; `flush` after every thousand entries and at the end. */
export interface ExportForm {
  head(head: BundleHead): void;
  /** Of an entry that was pruned. */
  prunedLeaf(hash: Uint8Array): void;
  /** Behind the last of those. @param note the mark @param peaks roots of the complete subtrees */
  pruned(note: string, peaks: readonly Uint8Array[]): void;
  entry(entry: NumberedEntry): void;
  /** The note over all entries so far. */
  checkpoint(note: string): void;
  flush(): Promise<void>;
}

/**
 * Exports all entries under the last checkpoint: a log that does not hold is not exported, what follows the checkpoint comes with the next one.
 * @param covering ends it at the first checkpoint of so many entries @throws AuditDamaged, AuditUnsigned, AuditLogAbsent, or what the form throws
 */
export async function exportAuditLog(dir: string, verifier: NoteVerifier, form: ExportForm, covering = Infinity): Promise<Exported> {
  const all = await readCheckpoints(dir, verifier);
  const mark = await readPruned(dir, verifier);
  const gone = mark?.entries ?? 0;
  const growing = all.filter(({ size }, i) => size > 0 && size > (all[i - 1]?.size ?? 0)); // two processes may have signed one size
  const enough = growing.findIndex(({ size }) => size >= covering);
  const checkpoints = enough < 0 ? growing : growing.slice(0, enough + 1);
  const size = checkpoints.at(-1)?.size;
  if (size === undefined) throw new AuditUnsigned(0);
  const reader = await EntryReader.open(dir);
  try {
    if (reader.size < size) throw new AuditDamaged(dir, `${size - reader.size} entries are missing at the end`, reader.size);
    const replay = new Replay(dir);
    let next = 0;
    form.head({ origin: verifier.name, entries: size });
    const due = (): void => {
      for (let checkpoint = checkpoints[next]; checkpoint?.size === replay.size; checkpoint = checkpoints[++next]) {
        const forged = replay.checkpoint(checkpoint);
        if (forged) throw new AuditDamaged(dir, forged.why, forged.entry);
        if (replay.size >= gone) form.checkpoint(checkpoint.note);
      }
    };
    for (let from = 0; from < gone; from += LEAVES_AT_ONCE) {
      for (const leaf of await reader.leaves(from, Math.min(from + LEAVES_AT_ONCE, gone))) {
        replay.leaf(leaf, 0);
        form.prunedLeaf(leaf);
        if (replay.size === gone && mark) {
          if (Buffer.from(replay.root()).toString('base64') !== mark.root)
            throw new AuditDamaged(dir, 'the mark of its pruning is of others', gone);
          form.pruned(mark.note, replay.peaks);
        }
        due();
      }
      await form.flush();
    }
    for await (const block of reader.forwards(size)) {
      for (const entry of block) {
        const fault = replay.entry(entry.line, 0, entry.hash);
        if (fault) throw new AuditDamaged(dir, fault.why, fault.entry);
        form.entry(entry);
        due();
      }
      await form.flush();
    }
    return { entries: size, pruned: gone, checkpoints: next, root: replay.verdict().root };
  } finally {
    await reader.close();
  }
}

/** One file, in the format of `bundle.ts`. @param write takes it piece by piece, each at most some MB */
export function asBundle(write: (piece: Uint8Array) => Promise<unknown>): ExportForm {
  const pieces: Buffer[] = [];
  return {
    head: (head) => void pieces.push(Buffer.from(formatHead(head))),
    prunedLeaf: () => {},
    pruned: (note, peaks) => void pieces.push(formatPrunedLine(note, peaks)),
    entry: ({ number, hash, line }) => void pieces.push(formatEntryLine(number, hash, line)),
    checkpoint: (note) => void pieces.push(formatCheckpointLine(JSON.stringify(note))),
    flush: async () => void (await write(Buffer.concat(pieces.splice(0)))),
  };
}
