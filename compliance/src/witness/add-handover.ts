/**
 * A handover of a log's key brought to a witness, `POST <prefix>/add-handover` with the note as body, and what it answers, pure. An addition of ours to
 * C2SP tlog-witness. A witness follows by itself: what it vouches for is that a history only grows, whoever signs it, and a key that was handed over
 * could have signed whatever its successor signs. Followed once, a key never leads anywhere else.
 */
import { type Handover, openHandover } from '../keys/audit-handover.ts';
import { verifierFrom } from '../tlog/signed-note.ts';
import type { Seen } from './add-checkpoint.ts';

/** Handovers that a witness remembers of one log; as many as a site keeps (`FORMER_MAX`). */
export const HANDOVERS_MAX = 32;

export type HandoverAnswer =
  | { readonly status: 200; readonly followed: boolean }
  /** The key was handed over to another one before: the log has two histories, or its former key a thief. */
  | { readonly status: 409; readonly why: string }
  | { readonly status: 403 | 422 | 507; readonly why: string };

/** @param ring verifier keys of the log, newest first, as `keyRing` writes them @param seen what the witness signed last */
export function judgeHandover({ from, to, entries }: Handover, ring: string, seen: Seen | undefined): HandoverAnswer {
  const [current = '', ...former] = ring.split(' ').map((key) => key.split('@', 1)[0]);
  if (to === current || former.includes(to)) return { status: 200, followed: false };
  if (former.includes(from)) return { status: 409, why: 'the key was handed over to another one before' };
  if (from !== current) return { status: 403, why: 'it does not start at the key of the log' };
  if (seen && entries < seen.size) return { status: 422, why: 'the former key has signed more entries than it hands over' };
  if (former.length >= HANDOVERS_MAX) return { status: 507, why: 'too many handovers are remembered; give the witness the key in use' };
  return { status: 200, followed: true };
}

/** Name of the log a handover is of. @throws HandoverInvalid */
export function readHandover(note: string): { readonly handover: Handover; readonly name: string } {
  const handover = openHandover(note);
  return { handover, name: verifierFrom(handover.to).name };
}

/** Oldest first, as a witness has to be told them. @throws HandoverInvalid */
export const inOrder = (notes: readonly string[]): string[] =>
  notes
    .map((note) => ({ note, ...openHandover(note) }))
    .toSorted((a, b) => a.entries - b.entries || a.atMs - b.atMs)
    .map(({ note }) => note);
