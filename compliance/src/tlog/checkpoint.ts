/**
 * C2SP tlog-checkpoint: the head of a log as a signed note of three lines: origin, size in decimal, root hash in base64.
 */
import { NoteInvalid } from './errors.ts';
import { type NoteSigner, type NoteVerifier, openNote, signNote } from './signed-note.ts';
import { HASH_BYTES } from './tree-hash.ts';

export interface Checkpoint {
  /** Names the log for ever; here the name of its key. */
  readonly origin: string;
  readonly size: number;
  readonly root: Uint8Array;
}

export function signCheckpoint(size: number, root: Uint8Array, signer: NoteSigner): string {
  return signNote(`${signer.name}\n${size}\n${Buffer.from(root).toString('base64')}\n`, signer);
}

/** @throws NoteInvalid when not signed by `verifier`, of another log, or malformed */
export function openCheckpoint(note: string, verifier: NoteVerifier): Checkpoint {
  const [origin = '', size = '', hash = ''] = openNote(note, verifier).split('\n'); // further lines are extensions, to be ignored
  if (origin !== verifier.name) throw new NoteInvalid('it is the checkpoint of another log');
  const root = Buffer.from(hash, 'base64');
  if (
    !/^(0|[1-9][0-9]{0,15})$/.test(size) ||
    !Number.isSafeInteger(Number(size)) ||
    root.length !== HASH_BYTES ||
    root.toString('base64') !== hash
  )
    throw new NoteInvalid('it is not a checkpoint');
  return { origin, size: Number(size), root };
}
