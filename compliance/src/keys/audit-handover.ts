/**
 * One audit key hands over to the next: a C2SP signed note under both, with the number of entries at that moment. Whoever trusts the former key
 * follows the notes to the present one; the former key counts for no checkpoint of more entries than it handed over. Pure.
 */
import { KeeplineError } from '@keepline/contracts/errors';
import { type NoteSigner, openNote, signNote, verifierFrom } from '../tlog/signed-note.ts';
import { HandoverInvalid } from './errors.ts';

const HEAD = 'keepline-audit-handover v1';

export interface Handover {
  /** Verifier keys, one each. */
  readonly from: string;
  readonly to: string;
  /** Entries that the former key has signed, at most. */
  readonly entries: number;
  /** Wall time in ms since 1970. */
  readonly atMs: number;
}

/** @param former signers with one key each */
export function signHandover(former: NoteSigner, next: NoteSigner, entries: number, atMs: number): string {
  const facts = [HEAD, `from ${former.verifierKey}`, `to ${next.verifierKey}`, `entries ${entries}`, `at ${new Date(atMs).toISOString()}`];
  const text = `${facts.join('\n')}\n`;
  const signatures = [former, next].map((signer) => signNote(text, signer).slice(text.length + 1));
  return `${text}\n${signatures.join('')}`;
}

/** @throws HandoverInvalid unless both keys signed it and have one name */
export function openHandover(note: string): Handover {
  const parts = new RegExp(`^${HEAD}\nfrom (\\S+)\nto (\\S+)\nentries (0|[1-9][0-9]{0,14})\nat (\\S+)\n\n`).exec(note);
  if (!parts) throw new HandoverInvalid('it is none');
  const [, from = '', to = '', entries, at = ''] = parts;
  try {
    const [former, next] = [verifierFrom(from), verifierFrom(to)];
    if (former.name !== next.name || former.id.equals(next.id)) throw new HandoverInvalid('its keys are of two logs, or one and the same');
    openNote(note, former);
    openNote(note, next);
  } catch (thrown) {
    throw thrown instanceof HandoverInvalid || !(thrown instanceof KeeplineError) ? thrown : new HandoverInvalid(thrown.message);
  }
  return { from, to, entries: Number(entries), atMs: Date.parse(at) };
}

/**
 * The verifier key of a log whose key was rotated: the key in use, then each former one with the entries it may speak for.
 * @param current verifier key in use; without notes it is the answer
 */
export function keyRing(current: string, notes: readonly string[]): string {
  const handovers = notes.map(openHandover);
  const ring = [current];
  let key = current;
  for (let found = into(handovers, key); found && ring.length <= handovers.length; found = into(handovers, key)) {
    ring.push(`${found.from}@${found.entries}`);
    key = found.from;
  }
  return ring.join(' ');
}

/**
 * From a key somebody trusts to the ring of the key in use. Notes that do not follow from it are left out: anybody can sign a handover between two
 * keys of their own. @throws HandoverInvalid where no note starts at the key
 */
export function followHandovers(trusted: string, notes: readonly string[]): string {
  const handovers = notes.map(openHandover);
  // a ring that was followed before is gone on from its newest key
  let [key = ''] = trusted.trim().split(' ', 1);
  const passed: Handover[] = [];
  for (;;) {
    const next = handovers.filter(({ from }) => from === key);
    if (next.length > 1) throw new HandoverInvalid('the key was handed over twice: the log has two histories');
    const [only] = next;
    if (!only || passed.includes(only)) break;
    passed.push(only);
    key = only.to;
  }
  if (passed.length === 0) throw new HandoverInvalid('none of the notes starts at the key given');
  const rest = trusted.trim().split(' ').slice(1);
  return [key, ...passed.toReversed().map(({ from, entries }) => `${from}@${entries}`), ...rest].join(' ');
}

/** The one that led to a key. */
const into = (handovers: readonly Handover[], key: string): Handover | undefined => handovers.find(({ to }) => to === key);
