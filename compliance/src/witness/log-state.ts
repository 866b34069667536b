/** Where a log stands: how many entries are durable, signed and cosigned. Each signature is checked here, whatever the files claim. */
import type { AuditState } from '@keepline/contracts/audit-view';
import { lastCheckpoint } from '../audit/checkpoint-file.ts';
import { EntryReader } from '../audit/entry-reader.ts';
import { openCheckpoint } from '../tlog/checkpoint.ts';
import { cosignedAt, textOfNote, witnessVerifier } from '../tlog/cosignature.ts';
import type { NoteVerifier } from '../tlog/signed-note.ts';
import { readWitnessed } from './witness-client.ts';

export interface LogStateParts {
  readonly dir: string;
  /** Of the log. */
  readonly verifier: NoteVerifier;
  readonly verifierKey: string;
  /** Public keys of those whose word counts. */
  readonly witnessKeys: readonly string[];
  /** 0: all of them. */
  readonly quorum: number;
}

/** @throws AuditLogAbsent, AuditDamaged when the newest checkpoint does not hold, NoteInvalid when that of the witnesses does not */
export async function logState({ dir, verifier, verifierKey, witnessKeys, quorum }: LogStateParts): Promise<AuditState> {
  const last = await lastCheckpoint(dir, verifier); // before the entries: they may grow meanwhile, and never fall behind it
  const reader = await EntryReader.open(dir);
  await reader.close();
  const witnessed = await readWitnessed(dir);
  const size = witnessed === undefined ? 0 : openCheckpoint(witnessed, verifier).size;
  const witnesses = witnessKeys.map((key) => {
    const witness = witnessVerifier(key);
    const signedAt = witnessed === undefined ? undefined : cosignedAt(textOfNote(witnessed), witnessed, witness);
    return { name: witness.name, size: signedAt === undefined ? 0 : size, signedAt: signedAt ?? 0 };
  });
  return {
    ...{ origin: verifier.name, verifierKey, entries: reader.size, pruned: reader.first },
    ...{ signed: last?.size ?? 0, root: last ? Buffer.from(last.root).toString('hex') : '', note: last?.note ?? '' },
    ...{ witnesses, quorum: quorum === 0 ? witnesses.length : quorum },
  };
}
