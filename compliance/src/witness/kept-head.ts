/**
 * Compares an audit log with a checkpoint of it that was kept elsewhere, such as in the database beside it: shows that the folder of the log
 * was put back or exchanged while nobody looked. Reads O(log n) tiles.
 */
import { EntryReader } from '../audit/entry-reader.ts';
import { nodesOf } from '../audit/tile-files.ts';
import { openCheckpoint } from '../tlog/checkpoint.ts';
import { rangeRoot } from '../tlog/range-root.ts';
import { verifierFrom } from '../tlog/signed-note.ts';
import { AuditForked } from './errors.ts';

/** @param keptBy who kept it @returns undefined when the log extends it @throws NoteInvalid when that is no checkpoint of this log, AuditLogAbsent */
export async function findFork(dir: string, note: string, verifierKey: string, keptBy: string): Promise<AuditForked | undefined> {
  const { size, root } = openCheckpoint(note, verifierFrom(verifierKey));
  const reader = await EntryReader.open(dir);
  try {
    if (reader.size < size) return new AuditForked(keptBy, reader.size, `it knows ${size} entries: the log was cut back`);
    if (size === 0) return undefined;
    const nodeAt = nodesOf(dir, (from, to) => reader.leaves(from, to));
    const found = await rangeRoot({ from: 0, to: size }, nodeAt);
    return Buffer.from(found).equals(root) ? undefined : new AuditForked(keptBy, reader.size, `it knows other entries before ${size}`);
  } finally {
    await reader.close();
  }
}
