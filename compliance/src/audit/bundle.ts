/**
 * The file of an audit export, text: `keepline-audit-export v1`, `origin <name of the key>`, `entries <decimal>`, a blank line; then one line
 * per entry, `<number> <leaf hash in base64> <entry>`, and after the entry each of them ends with, the checkpoints, `checkpoint <JSON
 * string>`. Of a pruned log the first of these lines is `pruned <JSON of the signed mark and of the roots of the complete subtrees before it>`,
 * and entries begin behind it. The last line is the checkpoint over all entries, so that the file says itself whether it is whole. Pure.
 */
import { ENTRY_MAX_BYTES } from './entry.ts';

const FIRST_LINE = 'keepline-audit-export v1';
export const HEAD_LINES = 4;
const CHECKPOINT_WORD = 'checkpoint ';
const PRUNED_WORD = 'pruned ';
const HASH_TEXT_LENGTH = 44;
/** Longest line: number, hash and entry; a checkpoint of one signature is shorter. */
export const BUNDLE_LINE_MAX_BYTES = 16 + 1 + HASH_TEXT_LENGTH + 1 + ENTRY_MAX_BYTES;

export interface BundleHead {
  readonly origin: string;
  readonly entries: number;
}

export type BundleLine =
  | { readonly is: 'entry'; readonly number: number; readonly hash: Buffer; readonly line: Buffer }
  | { readonly is: 'checkpoint'; readonly text: string }
  | { readonly is: 'pruned'; readonly note: string; readonly peaks: readonly Uint8Array[] };

export function formatHead({ origin, entries }: BundleHead): string {
  return `${FIRST_LINE}\norigin ${origin}\nentries ${entries}\n\n`;
}

/** @param lines the first four @returns undefined when they are no head; an export of nothing would carry no signature, so there is none */
export function parseHead(lines: readonly Buffer[]): BundleHead | undefined {
  const text = lines.map((line) => `${line.toString('utf8')}\n`).join('');
  const [, origin, entries] = /^[^\n]*\norigin ([^\n]+)\nentries ([1-9][0-9]{0,15})\n\n$/.exec(text) ?? [];
  if (origin === undefined) return undefined;
  const head = { origin, entries: Number(entries) };
  return formatHead(head) === text ? head : undefined;
}

export function formatEntryLine(number: number, hash: Uint8Array, line: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`${number} ${Buffer.from(hash).toString('base64')} `), line, NEWLINE]);
}

/** @param text the note as a JSON string */
export function formatCheckpointLine(text: string): Buffer {
  return Buffer.from(`${CHECKPOINT_WORD}${text}\n`);
}

/** @param note the mark @param peaks roots of the complete subtrees of what it says is gone */
export function formatPrunedLine(note: string, peaks: readonly Uint8Array[]): Buffer {
  return Buffer.from(`${PRUNED_WORD}${JSON.stringify({ note, peaks: peaks.map((peak) => Buffer.from(peak).toString('base64')) })}\n`);
}

/** Written back it must be the same. */
function parsePruned(line: Buffer): BundleLine | undefined {
  try {
    const found: unknown = JSON.parse(line.toString('utf8', PRUNED_WORD.length));
    if (typeof found !== 'object' || found === null || !('note' in found) || !('peaks' in found)) return undefined;
    const { note, peaks } = found;
    if (typeof note !== 'string' || !Array.isArray(peaks)) return undefined;
    const hashes = peaks.map((peak) => Buffer.from(String(peak), 'base64'));
    return formatPrunedLine(note, hashes).subarray(0, -1).equals(line) ? { is: 'pruned', note, peaks: hashes } : undefined;
  } catch {
    return undefined;
  }
}

/** @param line without its newline @returns undefined when it is none of the three */
export function parseBundleLine(line: Buffer): BundleLine | undefined {
  if (line.subarray(0, PRUNED_WORD.length).toString('latin1') === PRUNED_WORD) return parsePruned(line);
  if (line.subarray(0, CHECKPOINT_WORD.length).toString('latin1') === CHECKPOINT_WORD)
    return { is: 'checkpoint', text: line.subarray(CHECKPOINT_WORD.length).toString('utf8') };
  const space = line.indexOf(SPACE);
  const number = line.subarray(0, Math.max(space, 0)).toString('latin1');
  const hashText = line.subarray(space + 1, space + 1 + HASH_TEXT_LENGTH).toString('latin1');
  const hash = Buffer.from(hashText, 'base64');
  const entryAt = space + 1 + HASH_TEXT_LENGTH + 1;
  if (!/^(0|[1-9][0-9]{0,15})$/.test(number) || hash.toString('base64') !== hashText || line[entryAt - 1] !== SPACE) return undefined;
  return { is: 'entry', number: Number(number), hash, line: line.subarray(entryAt) };
}

const SPACE = 0x20;
const NEWLINE = Buffer.from('\n');
