/** Writes an audit log as one file that is checked elsewhere with the verifier key alone. Its format is in `bundle.ts`. */
import type { NoteVerifier } from '../tlog/signed-note.ts';
import { formatCheckpointLine, formatEntryLine, formatHead } from './bundle.ts';
import { readCheckpoints } from './checkpoint-file.ts';
import { EntryReader } from './entry-reader.ts';
import { AuditDamaged, AuditUnsigned } from './errors.ts';
import { Replay } from './replay.ts';

export interface Exported {
  readonly entries: number;
  readonly checkpoints: number;
  /** Hex. */
  readonly root: string;
}

/**
 * Exports all entries under the last checkpoint, checking them on the way: a log that does not hold is not exported.
 * @param write takes the file piece by piece, each at most some MB
 * @throws AuditDamaged, AuditUnsigned, AuditLogAbsent, or what `write` throws
 */
export async function exportAuditLog(
  dir: string,
  verifier: NoteVerifier,
  write: (piece: string | Uint8Array) => Promise<unknown>,
): Promise<Exported> {
  const all = await readCheckpoints(dir, verifier);
  const checkpoints = all.filter(({ size }, i) => size > 0 && size > (all[i - 1]?.size ?? 0)); // two processes may have signed one size
  const size = checkpoints.at(-1)?.size;
  if (size === undefined) throw new AuditUnsigned(0);
  const reader = await EntryReader.open(dir);
  try {
    if (reader.size < size) throw new AuditDamaged(dir, `${size - reader.size} entries are missing at the end`, reader.size);
    const replay = new Replay(dir);
    let next = 0;
    await write(formatHead({ origin: verifier.name, entries: size }));
    for await (const block of reader.forwards(size)) {
      const lines: Buffer[] = [];
      for (const { number, hash, line } of block) {
        const fault = replay.entry(line, 0, hash);
        if (fault) throw new AuditDamaged(dir, fault.why, fault.entry);
        lines.push(formatEntryLine(number, hash, line));
        const due = checkpoints[next];
        if (due?.size !== replay.size) continue;
        const forged = replay.checkpoint(due);
        if (forged) throw new AuditDamaged(dir, forged.why, forged.entry);
        lines.push(formatCheckpointLine(JSON.stringify(due.note)));
        next++;
      }
      await write(Buffer.concat(lines));
    }
    return { entries: size, checkpoints: next, root: replay.verdict().root };
  } finally {
    await reader.close();
  }
}
