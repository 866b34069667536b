/**
 * C2SP tlog-proof: one text file that proves offline that an entry is in a log, pure. Lines: `c2sp.org/tlog-proof@v1`, `extra <base64>`
 * (not authenticated by the format), `index <decimal>`, the inclusion proof one hash per line in base64, a blank line, the checkpoint.
 */
import { ProofInvalid } from './errors.ts';
import { NOTE_MAX_BYTES } from './signed-note.ts';
import { HASH_BYTES } from './tree-hash.ts';

export const PROOF_VERSION = 'c2sp.org/tlog-proof@v1';
export const PROOF_EXTENSION = '.tlog-proof';
/** Longest file that is read, characters: the checkpoint with its signatures, and as much again for the rest. */
export const PROOF_MAX_LENGTH = 2 * NOTE_MAX_BYTES;

export interface TlogProof {
  readonly index: number;
  /** From the leaf's sibling to the child of the root. */
  readonly hashes: readonly Uint8Array[];
  /** Signed note, verbatim. */
  readonly checkpoint: string;
  /** Whatever the application needs to rebuild the leaf; here the entry itself. Trust it only after hashing it. */
  readonly extra?: Uint8Array;
}

export function formatTlogProof({ index, hashes, checkpoint, extra }: TlogProof): string {
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
  const lines = [PROOF_VERSION, ...(extra ? [`extra ${base64(extra)}`] : []), `index ${index}`, ...hashes.map(base64)];
  return `${lines.join('\n')}\n\n${checkpoint}`;
}

/** Reads the format strictly: two texts never mean the same proof. @throws ProofInvalid; whether the proof holds is for `verifyInclusion` */
export function parseTlogProof(text: string): TlogProof {
  if (text.length > PROOF_MAX_LENGTH) throw new ProofInvalid('the file is too long');
  const end = text.indexOf('\n\n');
  if (end < 0) throw new ProofInvalid('the file has no checkpoint');
  const [version, ...lines] = text.slice(0, end).split('\n');
  if (version !== PROOF_VERSION) throw new ProofInvalid(`the file does not begin with ${PROOF_VERSION}`);
  const extra = lines[0]?.startsWith('extra ') ? bytesOf(lines.shift()?.slice('extra '.length) ?? '') : undefined;
  const index = /^index (0|[1-9][0-9]{0,15})$/.exec(lines.shift() ?? '')?.[1];
  if (index === undefined || !Number.isSafeInteger(Number(index))) throw new ProofInvalid('the file has no index');
  const hashes = lines.map(bytesOf);
  if (hashes.some((hash) => hash.length !== HASH_BYTES)) throw new ProofInvalid('a line of the file is no hash');
  return { index: Number(index), hashes, checkpoint: text.slice(end + 2), ...(extra ? { extra } : {}) };
}

function bytesOf(base64: string): Uint8Array {
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.toString('base64') !== base64) throw new ProofInvalid('a line of the file is no base64');
  return bytes;
}
