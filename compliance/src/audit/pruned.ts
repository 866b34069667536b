/**
 * The mark of a pruned log: a signed note in the file `pruned` that says how many of the first entries went, over which root, how young the
 * youngest of them was and by which audited act. Their hashes stay, in the index and in the tiles, so the tree is whole and each of them
 * can still be proven by who has its text. Without the mark, entries that are gone are tampering.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AUDIT_RETENTION_DAYS_MIN } from '@keepline/contracts/audit-config';
import { NoteInvalid } from '../tlog/errors.ts';
import { type NoteSigner, type NoteVerifier, openNote, signNote } from '../tlog/signed-note.ts';
import { TILE_WIDTH } from '../tlog/tile.ts';
import { AuditDamaged } from './errors.ts';

export const PRUNED_FILE = 'pruned';
const FIRST_LINE = 'keepline-audit-pruned v1';
const DAY_MS = 86_400_000;

export interface Pruned {
  /** Entries 0 up to before this one went; a multiple of 256, so that whole bundles of C2SP tlog-tiles go. */
  readonly entries: number;
  /** Of the tree of those, base64. */
  readonly root: string;
  /** SHA-256 of their records in the index, base64: their ends are not under the root. */
  readonly index: string;
  /** Time of the youngest of them, as it stood in it. */
  readonly newest: string;
  /** When they went. */
  readonly at: string;
  /** Correlation of the audited act. */
  readonly act: string;
}

const FIELDS: Readonly<Record<keyof Pruned, RegExp>> = {
  entries: /^[1-9][0-9]{0,15}$/,
  root: /^[A-Za-z0-9+/]{43}=$/,
  index: /^[A-Za-z0-9+/]{43}=$/,
  newest: /^[0-9TZ:.-]{20,30}$/,
  at: /^[0-9TZ:.-]{20,30}$/,
  act: /^[A-Za-z0-9][A-Za-z0-9._:-]{0,95}$/,
};
const NAMES = ['entries', 'root', 'index', 'newest', 'at', 'act'] as const;

export function signPruned(pruned: Pruned, signer: NoteSigner): string {
  return signNote(textOf(pruned, signer.name), signer);
}

/** @throws NoteInvalid when it is not signed by `verifier`, is of another log, malformed, or of entries that were younger than the law allows */
export function openPruned(note: string, verifier: NoteVerifier): Pruned {
  const text = openNote(note, verifier);
  const value = (name: string): string =>
    text
      .split('\n')
      .find((line) => line.startsWith(`${name} `))
      ?.slice(name.length + 1) ?? '';
  for (const name of NAMES) if (!FIELDS[name].test(value(name))) throw new NoteInvalid(`it is no mark of a pruned log: ${name}`);
  const pruned: Pruned = {
    ...{ entries: Number(value('entries')), root: value('root'), index: value('index') },
    ...{ newest: value('newest'), at: value('at'), act: value('act') },
  };
  if (textOf(pruned, verifier.name) !== text || !Number.isSafeInteger(pruned.entries) || pruned.entries % TILE_WIDTH !== 0)
    throw new NoteInvalid('it is no mark of a pruned log');
  if (!(Date.parse(pruned.at) - Date.parse(pruned.newest) >= AUDIT_RETENTION_DAYS_MIN * DAY_MS))
    throw new NoteInvalid(`it lets entries go that were younger than ${AUDIT_RETENTION_DAYS_MIN} days`);
  return pruned;
}

function textOf(pruned: Pruned, origin: string): string {
  return `${FIRST_LINE}\norigin ${origin}\n${NAMES.map((name) => `${name} ${pruned[name]}\n`).join('')}`;
}

/** The note in a folder. @returns undefined when nothing was pruned @throws what the disk says */
export function readPrunedNote(dir: string): Promise<string | undefined> {
  return readFile(join(dir, PRUNED_FILE), 'utf8').catch((thrown: unknown) => {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return undefined;
    throw thrown;
  });
}

/** @throws AuditDamaged when the mark does not hold */
export async function readPruned(dir: string, verifier: NoteVerifier): Promise<(Pruned & { readonly note: string }) | undefined> {
  const note = await readPrunedNote(dir);
  if (note === undefined) return undefined;
  try {
    return { ...openPruned(note, verifier), note };
  } catch (cause) {
    throw new AuditDamaged(join(dir, PRUNED_FILE), cause instanceof Error ? cause.message : 'it is none');
  }
}

/** Number of the oldest entry that is kept, for readers that show entries and have no key: whoever verifies opens the note. */
export async function firstKept(dir: string): Promise<number> {
  return Number(/^entries ([1-9][0-9]{0,15})$/m.exec((await readPrunedNote(dir)) ?? '')?.[1] ?? 0);
}
