/**
 * Proofs of single entries: a C2SP tlog-proof whose `extra` is the entry itself, so that the file and the verifier key are all a reader needs.
 */
import { openCheckpoint } from '../tlog/checkpoint.ts';
import { ProofInvalid } from '../tlog/errors.ts';
import { verifyInclusion } from '../tlog/merkle.ts';
import { consistencyRanges, inclusionRanges } from '../tlog/proof.ts';
import { rangeRoot } from '../tlog/range-root.ts';
import { type NoteVerifier, verifierFrom } from '../tlog/signed-note.ts';
import { formatTlogProof, parseTlogProof } from '../tlog/tlog-proof.ts';
import { leafHash } from '../tlog/tree-hash.ts';
import { firstCovering } from './checkpoint-file.ts';
import { isEntryLine } from './entry.ts';
import { EntryReader } from './entry-reader.ts';
import { AuditEntryAbsent, AuditEntryPruned, AuditUnsigned } from './errors.ts';
import { lineInExport } from './pruned-line.ts';
import { nodesOf } from './tile-files.ts';

export interface ProvenEntry {
  /** Name of the log. */
  readonly origin: string;
  readonly entry: number;
  /** Entries under the checkpoint of the proof. */
  readonly size: number;
  /** One line of JSON, as it stands in the log. */
  readonly line: string;
}

/**
 * Proves an entry under the first checkpoint that covers it: the same entry always gives the same file. Reads O(log n)
 * tiles, whatever the size of the log. @param exported where the text of an entry that was pruned is looked for
 * @throws AuditEntryAbsent, AuditEntryPruned, AuditUnsigned, AuditDamaged, AuditLogAbsent
 */
export async function proveEntry(dir: string, verifier: NoteVerifier, number: number, exported?: string): Promise<string> {
  const reader = await EntryReader.open(dir);
  try {
    if (number >= reader.size) throw new AuditEntryAbsent(String(number));
    const kept = number >= reader.first ? (await reader.block(number, number + 1))[0]?.line : undefined;
    const line = kept ?? (exported === undefined ? undefined : await lineInExport(exported, number));
    if (!line) throw new AuditEntryPruned(number, reader.first);
    const checkpoint = await firstCovering(dir, number, verifier);
    if (!checkpoint) throw new AuditUnsigned(number);
    const nodeAt = nodesOf(dir, (from, to) => reader.leaves(from, to));
    const hashes = await Promise.all(inclusionRanges(number, checkpoint.size).map((range) => rangeRoot(range, nodeAt)));
    verifyInclusion(number, checkpoint.size, leafHash(line), hashes, checkpoint.root); // a log that does not hold gives no proofs
    return formatTlogProof({ index: number, hashes, checkpoint: checkpoint.note, extra: line });
  } finally {
    await reader.close();
  }
}

/**
 * That the log of `size` entries only appended to that of its first `from`; empty from 0 and between equal sizes. Reads O(log n) tiles.
 * @throws RangeError when the log has not so many, AuditDamaged, AuditLogAbsent
 */
export async function proveConsistency(dir: string, from: number, size: number): Promise<Uint8Array[]> {
  if (from === 0 || from === size) return [];
  const reader = await EntryReader.open(dir);
  try {
    if (size > reader.size) throw new RangeError(`${size} of ${reader.size} entries`);
    const nodeAt = nodesOf(dir, (first, to) => reader.leaves(first, to));
    return await Promise.all(consistencyRanges(from, size).map((range) => rangeRoot(range, nodeAt)));
  } finally {
    await reader.close();
  }
}

/** Number of the last entry with this correlation: the outcome, where there is one. @throws AuditEntryAbsent, AuditDamaged, AuditLogAbsent */
export async function findEntry(dir: string, correlation: string): Promise<number> {
  const wanted = Buffer.from(JSON.stringify(correlation));
  const reader = await EntryReader.open(dir);
  try {
    for await (const block of reader.backwards()) {
      const found = block.findLast(({ line }) => line.includes(wanted) && correlationOf(line) === correlation);
      if (found) return found.number;
    }
  } finally {
    await reader.close();
  }
  throw new AuditEntryAbsent(correlation);
}

/** @param text the file @throws ProofInvalid, NoteInvalid */
export function verifyEntryProof(text: string, verifierKey: string): ProvenEntry {
  const { index, hashes, checkpoint, extra } = parseTlogProof(text);
  const { origin, size, root } = openCheckpoint(checkpoint, verifierFrom(verifierKey));
  if (!extra || !isEntryLine(extra)) throw new ProofInvalid('it carries no audit entry');
  verifyInclusion(index, size, leafHash(extra), hashes, root);
  return { origin, entry: index, size, line: Buffer.from(extra).toString('utf8') };
}

function correlationOf(line: Buffer): unknown {
  const entry: unknown = JSON.parse(line.toString('utf8'));
  return typeof entry === 'object' && entry !== null && 'correlation' in entry ? entry.correlation : undefined;
}
