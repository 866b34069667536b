/**
 * Checks an audit log offline: every entry against the index, every root against the signed checkpoints; needs the verifier key only.
 * Whoever holds a checkpoint from elsewhere (cloud, SIEM, witness) compares it with the roots found here.
 */
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '@keepline/contracts/errors';
import type { Checkpoint } from '../tlog/checkpoint.ts';
import { verifierFrom } from '../tlog/signed-note.ts';
import { Frontier, leafHash } from '../tlog/tree-hash.ts';
import { readCheckpoints } from './checkpoint-file.ts';
import { ENTRY_MAX_BYTES, isEntryLine } from './entry.ts';
import { ENTRIES_FILE, INDEX_FILE, INDEX_RECORD_BYTES, recordAt } from './entry-files.ts';

export interface AuditVerdict {
  readonly ok: boolean;
  /** Entries that were read; up to the fault when there is one. */
  readonly entries: number;
  /** Entries under the last good checkpoint; what follows is durable but not signed yet. */
  readonly signed: number;
  /** Hex. */
  readonly root: string;
  readonly fault?: {
    /** Number of the first bad entry, from 0; with `until`, it is among these: from here up to before `until`. */
    readonly entry: number;
    readonly until?: number;
    readonly why: string;
  };
}

/** @param verifierKey `<name>+<id>+<key>` @throws NoteInvalid when that is no key; everything wrong with the log is in the verdict */
export async function verifyAuditLog(dir: string, verifierKey: string): Promise<AuditVerdict> {
  const frontier = new Frontier();
  const verifier = verifierFrom(verifierKey);
  let signed = 0;
  const verdict = (fault?: AuditVerdict['fault']): AuditVerdict => {
    const found = { entries: frontier.size, signed, root: Buffer.from(frontier.root()).toString('hex') };
    return fault ? { ok: false, ...found, fault } : { ok: true, ...found };
  };
  let checkpoints: Checkpoint[];
  try {
    checkpoints = (await readCheckpoints(dir, verifier)).filter(({ size }) => size > 0).sort((a, b) => a.size - b.size);
  } catch (thrown) {
    return verdict({ entry: 0, why: messageOf(thrown) });
  }
  const index = await readFile(join(dir, INDEX_FILE)).catch(() => Buffer.alloc(0));
  const indexed = Math.floor(index.length / INDEX_RECORD_BYTES);
  let next = 0;

  try {
    for await (const line of lines(join(dir, ENTRIES_FILE))) {
      const number = frontier.size;
      const hash = leafHash(line.bytes);
      if (number < indexed && !recordAt(index, number).hash.equals(hash))
        return verdict({ entry: number, why: 'the entry is not the one that was written' });
      if (!line.whole) {
        if (number < indexed) return verdict({ entry: number, why: 'the entry is cut short' });
        break; // being written, or left by a process that was killed before it was acknowledged
      }
      if (!isEntryLine(line.bytes)) return verdict({ entry: number, why: 'the line is not an entry' });
      frontier.add(hash);
      for (let checkpoint = checkpoints[next]; checkpoint?.size === frontier.size; checkpoint = checkpoints[++next]) {
        if (!Buffer.from(checkpoint.root).equals(frontier.root()))
          return verdict({
            entry: signed,
            until: checkpoint.size,
            why: `the checkpoint of ${checkpoint.size} entries was signed over others`,
          });
        signed = checkpoint.size;
      }
    }
  } catch (thrown) {
    return verdict({ entry: frontier.size, why: messageOf(thrown) });
  }
  const missing = Math.max(indexed, checkpoints.at(-1)?.size ?? 0);
  if (frontier.size < missing) return verdict({ entry: frontier.size, why: `${missing - frontier.size} entries are missing at the end` });
  return verdict();
}

/** Lines of a file as bytes; the last may lack its newline. */
async function* lines(path: string): AsyncGenerator<{ readonly bytes: Buffer; readonly whole: boolean }> {
  let rest = Buffer.alloc(0);
  for await (const piece of createReadStream(path)) {
    if (!Buffer.isBuffer(piece)) continue;
    let from = 0;
    const bytes = Buffer.concat([rest, piece]);
    for (let newline = bytes.indexOf(0x0a); newline >= 0; newline = bytes.indexOf(0x0a, from)) {
      yield { bytes: bytes.subarray(from, newline), whole: true };
      from = newline + 1;
    }
    rest = bytes.subarray(from);
    if (rest.length > ENTRY_MAX_BYTES) break; // no entry is that long
  }
  if (rest.length > 0) yield { bytes: rest, whole: false };
}
