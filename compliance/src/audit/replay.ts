/**
 * Rebuilds the Merkle tree of a log entry by entry and compares it with what was signed, pure. What is found wrong is placed: number of the
 * entry and offset in bytes. One replay holds one frontier, whatever the size of the log.
 */
import type { Checkpoint } from '../tlog/checkpoint.ts';
import { Frontier, leafHash } from '../tlog/tree-hash.ts';

export interface AuditFault {
  /** Number of the first bad entry, from 0; with `until`, it is among these: from here up to before `until`. */
  readonly entry: number;
  readonly until?: number;
  /** Where the bad entry, or the bad record or checkpoint, begins: file and bytes from its start. */
  readonly file: string;
  readonly offset: number;
  readonly why: string;
}

export interface AuditVerdict {
  readonly ok: boolean;
  /** Entries that were read; up to the fault when there is one. */
  readonly entries: number;
  /** Entries under the last good checkpoint; what follows is durable but not signed yet. */
  readonly signed: number;
  /** Checkpoints that hold. */
  readonly checkpoints: number;
  /** Hex, over `entries`. */
  readonly root: string;
  /** Entries before the oldest that is kept: they went by the rules of the site, their hashes are in the tree. */
  readonly pruned?: { readonly entries: number; readonly newest: string; readonly at: string };
  /** Bytes that a pruning which was interrupted left of them. */
  readonly remnantBytes?: number;
  /** Bytes a process left half written, or is writing: promised to nobody and not part of the log. */
  readonly unacknowledgedBytes?: number;
  readonly fault?: AuditFault;
}

export class Replay {
  readonly #file: string;
  readonly #elsewhere: readonly Checkpoint[];
  #nextElsewhere = 0;
  #frontier = new Frontier();
  #signed = 0;
  #checkpoints = 0;
  /** Where the first entry that is not signed begins. */
  #unsignedOffset = 0;

  /**
   * @param file the one that holds the entries; faults name it
   * @param elsewhere checkpoints that were kept outside: the log must have had these roots too, and must not have become shorter
   */
  constructor(file: string, elsewhere: readonly Checkpoint[] = []) {
    this.#file = file;
    this.#elsewhere = elsewhere.toSorted((a, b) => a.size - b.size);
  }

  get size(): number {
    return this.#frontier.size;
  }

  /** Entries under the last good checkpoint. */
  get signed(): number {
    return this.#signed;
  }

  /** The next entry. @param line without its newline @param claimed its leaf hash as it was stored beside it */
  entry(line: Uint8Array, offset: number, claimed: Uint8Array): AuditFault | undefined {
    const hash = leafHash(line);
    if (Buffer.compare(hash, claimed) !== 0)
      return this.fault(offset, 'the entry is not the one that was written: it does not match the hash stored beside it');
    return this.leaf(hash, offset);
  }

  /** The next entry, of which only the hash is there. */
  leaf(hash: Uint8Array, offset: number): AuditFault | undefined {
    if (this.size === this.#signed) this.#unsignedOffset = offset;
    this.#frontier.add(hash);
    for (let kept = this.#elsewhere[this.#nextElsewhere]; kept?.size === this.size; kept = this.#elsewhere[++this.#nextElsewhere]) {
      const fault = this.#compare(kept);
      if (fault) return fault;
    }
    return undefined;
  }

  /** Begins behind entries of which not even the hashes are there. @returns checkpoints kept elsewhere that nothing can be said about */
  resume(frontier: Frontier): readonly Checkpoint[] {
    this.#frontier = frontier;
    this.#nextElsewhere = this.#elsewhere.filter(({ size }) => size < frontier.size).length;
    return this.#elsewhere.slice(0, this.#nextElsewhere);
  }

  /** Roots of the complete subtrees so far. */
  get peaks(): readonly Uint8Array[] {
    return this.#frontier.peaks;
  }

  root(): Uint8Array {
    return this.#frontier.root();
  }

  /** A checkpoint whose signature holds, to be given when the replay has reached its size. */
  checkpoint(checkpoint: Checkpoint): AuditFault | undefined {
    const fault = this.#compare(checkpoint);
    if (fault) return fault;
    this.#signed = checkpoint.size;
    this.#checkpoints++;
    return undefined;
  }

  /** At the end: whether `promised` entries and those of the checkpoints kept elsewhere are all there. */
  missing(promised: number, offset: number): AuditFault | undefined {
    const missing = Math.max(promised, this.#elsewhere.at(-1)?.size ?? 0) - this.size;
    return missing > 0 ? this.fault(offset, `${missing} entries are missing at the end`) : undefined;
  }

  #compare({ size, root }: Checkpoint): AuditFault | undefined {
    if (size !== this.size || Buffer.compare(root, this.#frontier.root()) !== 0)
      return {
        ...this.fault(this.#unsignedOffset, `the checkpoint of ${size} entries was signed over others`),
        entry: this.#signed,
        until: size,
      };
    return undefined;
  }

  /** A fault at the next entry. */
  fault(offset: number, why: string, file = this.#file): AuditFault {
    return { entry: this.size, file, offset, why };
  }

  verdict(fault?: AuditFault): AuditVerdict {
    const root = Buffer.from(this.#frontier.root()).toString('hex');
    const found = { entries: this.size, signed: this.#signed, checkpoints: this.#checkpoints, root };
    return fault ? { ok: false, ...found, fault } : { ok: true, ...found };
  }
}
