/** Walks an audit log from its first entry to its last checkpoint, checks it on the way, and hands it to the form it is exported in. */
import type { NoteVerifier } from '../tlog/signed-note.ts';
import { type BundleHead, formatCheckpointLine, formatEntryLine, formatHead } from './bundle.ts';
import { readCheckpoints } from './checkpoint-file.ts';
import { EntryReader, type NumberedEntry } from './entry-reader.ts';
import { AuditDamaged, AuditUnsigned } from './errors.ts';
import { Replay } from './replay.ts';

export interface Exported {
  readonly entries: number;
  readonly checkpoints: number;
  /** Hex. */
  readonly root: string;
}

/** What an export is written as. Calls come in the order of the log; `flush` after every thousand entries and at the end. */
export interface ExportForm {
  head(head: BundleHead): void;
  entry(entry: NumberedEntry): void;
  /** The note over all entries so far. */
  checkpoint(note: string): void;
  flush(): Promise<void>;
}

/**
 * Exports all entries under the last checkpoint: a log that does not hold is not exported, what follows the checkpoint comes with the next one.
 * @throws AuditDamaged, AuditUnsigned, AuditLogAbsent, or what the form throws
 */
export async function exportAuditLog(dir: string, verifier: NoteVerifier, form: ExportForm): Promise<Exported> {
  const all = await readCheckpoints(dir, verifier);
  const checkpoints = all.filter(({ size }, i) => size > 0 && size > (all[i - 1]?.size ?? 0)); // two processes may have signed one size
  const size = checkpoints.at(-1)?.size;
  if (size === undefined) throw new AuditUnsigned(0);
  const reader = await EntryReader.open(dir);
  try {
    if (reader.size < size) throw new AuditDamaged(dir, `${size - reader.size} entries are missing at the end`, reader.size);
    const replay = new Replay(dir);
    let next = 0;
    form.head({ origin: verifier.name, entries: size });
    for await (const block of reader.forwards(size)) {
      for (const entry of block) {
        const fault = replay.entry(entry.line, 0, entry.hash);
        if (fault) throw new AuditDamaged(dir, fault.why, fault.entry);
        form.entry(entry);
        const due = checkpoints[next];
        if (due?.size !== replay.size) continue;
        const forged = replay.checkpoint(due);
        if (forged) throw new AuditDamaged(dir, forged.why, forged.entry);
        form.checkpoint(due.note);
        next++;
      }
      await form.flush();
    }
    return { entries: size, checkpoints: next, root: replay.verdict().root };
  } finally {
    await reader.close();
  }
}

/** One file, in the format of `bundle.ts`. @param write takes it piece by piece, each at most some MB */
export function asBundle(write: (piece: Uint8Array) => Promise<unknown>): ExportForm {
  const pieces: Buffer[] = [];
  return {
    head: (head) => void pieces.push(Buffer.from(formatHead(head))),
    entry: ({ number, hash, line }) => void pieces.push(formatEntryLine(number, hash, line)),
    checkpoint: (note) => void pieces.push(formatCheckpointLine(JSON.stringify(note))),
    flush: async () => void (await write(Buffer.concat(pieces.splice(0)))),
  };
}
