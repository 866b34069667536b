/**
 * The request of C2SP tlog-witness, `add-checkpoint`, and what a witness answers to it, pure: `old <size>`, the consistency proof one hash per
 * line in base64, a blank line, the signed checkpoint. A witness signs only what extends all it signed before.
 */
import { type Checkpoint, openCheckpoint } from '../tlog/checkpoint.ts';
import { ProofInvalid } from '../tlog/errors.ts';
import { verifyConsistency } from '../tlog/merkle.ts';
import type { NoteVerifier } from '../tlog/signed-note.ts';
import { HASH_BYTES } from '../tlog/tree-hash.ts';

/** A proof has at most 63 hashes; with a checkpoint of some signatures this is generous. */
export const REQUEST_MAX_BYTES = 65_536;
const PROOF_MAX_HASHES = 63;

export interface AddCheckpoint {
  /** Entries of the last checkpoint the witness is thought to know. */
  readonly old: number;
  readonly proof: readonly Uint8Array[];
  /** Signed note, verbatim. */
  readonly checkpoint: string;
}

/** The newest checkpoint a witness signed of one log. */
export interface Seen {
  readonly size: number;
  readonly root: Uint8Array;
}

export type Answer =
  | { readonly status: 200; readonly accepted: Checkpoint }
  /** The size the witness knows, for the next try. */
  | { readonly status: 409; readonly size: number; readonly forked: boolean }
  | { readonly status: 400 | 403 | 404 | 422; readonly why: string };

export function formatAddCheckpoint({ old, proof, checkpoint }: AddCheckpoint): string {
  return `old ${old}\n${proof.map((hash) => `${Buffer.from(hash).toString('base64')}\n`).join('')}\n${checkpoint}`;
}

/** @returns undefined when it is malformed */
export function parseAddCheckpoint(body: string): AddCheckpoint | undefined {
  const end = body.indexOf('\n\n');
  if (end < 0) return undefined;
  const [first = '', ...lines] = body.slice(0, end).split('\n');
  const old = /^old (0|[1-9][0-9]{0,15})$/.exec(first)?.[1];
  const proof = lines.map((line) => Buffer.from(line, 'base64'));
  if (old === undefined || !Number.isSafeInteger(Number(old)) || proof.length > PROOF_MAX_HASHES) return undefined;
  if (proof.some((hash, i) => hash.length !== HASH_BYTES || hash.toString('base64') !== lines[i])) return undefined;
  return { old: Number(old), proof, checkpoint: body.slice(end + 2) };
}

/** @param log its key; undefined when the witness does not know the log @param seen undefined before the first checkpoint */
export function judge(request: AddCheckpoint, log: NoteVerifier | undefined, seen: Seen | undefined): Answer {
  if (!log) return { status: 404, why: 'this witness does not know the log' };
  let next: Checkpoint;
  try {
    next = openCheckpoint(request.checkpoint, log);
  } catch {
    return { status: 403, why: 'the checkpoint is not signed by the key of the log' };
  }
  const known = seen?.size ?? 0;
  if (request.old > next.size) return { status: 400, why: 'the old size is larger than the checkpoint' };
  if (request.old !== known) return { status: 409, size: known, forked: false };
  if (seen && next.size === known && !Buffer.from(seen.root).equals(next.root)) return { status: 409, size: known, forked: true };
  try {
    if (known > 0) verifyConsistency(known, next.size, request.proof, seen?.root ?? next.root, next.root);
    else if (request.proof.length > 0) throw new ProofInvalid('from the empty log nothing is proven');
  } catch {
    return { status: 422, why: 'the proof does not lead from the checkpoint this witness signed to this one' };
  }
  return { status: 200, accepted: next };
}
