/**
 * The signature of a report: a C2SP signed note beside it (`FILE.note`) that names each file by SHA-256 and length. Signed with the audit key of the
 * site; its first line keeps it apart from a checkpoint. Checked anywhere with the public key alone.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { KeeplineError, messageOf } from '@keepline/contracts/errors';
import { type NoteSigner, openNote, signNote, verifierFrom } from '../tlog/signed-note.ts';

export const NOTE_EXTENSION = '.note';
const HEADER = 'keepline report v1';
/** Largest report that is checked, bytes. */
const REPORT_MAX_BYTES = 536_870_912;

export interface ReportFile {
  /** Without a folder. */
  readonly name: string;
  readonly bytes: Uint8Array;
}
export interface ReportFrame {
  readonly kind: string;
  readonly site: string;
  readonly from: string;
  readonly to: string;
}
export interface SignedFile {
  readonly sha256: string;
  readonly bytes: number;
  readonly name: string;
}
export interface VerifiedReport extends ReportFrame {
  readonly signedBy: string;
  readonly files: readonly SignedFile[];
}

export function signReport({ kind, site, from, to }: ReportFrame, files: readonly ReportFile[], signer: NoteSigner): string {
  const lines = files
    .map(({ name, bytes }) => `file ${createHash('sha256').update(bytes).digest('hex')} ${bytes.length} ${name}`)
    .toSorted((a, b) => (a < b ? -1 : 1));
  return signNote(`${[HEADER, `report ${kind}`, `site ${site}`, `from ${from}`, `to ${to}`, ...lines].join('\n')}\n`, signer);
}

/**
 * Holds a report, or a folder of one, against its note. A single file may have been renamed.
 * @throws KeeplineError REPORT_NOT_GENUINE, TLOG_NOTE_INVALID
 */
export async function verifyReport(path: string, verifierKey: string): Promise<VerifiedReport> {
  const verifier = verifierFrom(verifierKey);
  const note = await readFile(`${path}${NOTE_EXTENSION}`, 'utf8').catch((cause: unknown) => {
    throw forged(path, messageOf(cause));
  });
  const [header, ...lines] = openNote(note, verifier).split('\n');
  if (header !== HEADER) throw forged(path, 'its note is not that of a report');
  const word = (name: string): string => lines.find((line) => line.startsWith(`${name} `))?.slice(name.length + 1) ?? '';
  const files = lines.flatMap((line): SignedFile[] => {
    const [, sha256, bytes, name] = /^file ([0-9a-f]{64}) (\d+) (.+)$/.exec(line) ?? [];
    return sha256 !== undefined && name !== undefined ? [{ sha256, bytes: Number(bytes), name }] : [];
  });
  const isFolder = (await stat(path)).isDirectory();
  const there = isFolder ? (await readdir(path)).toSorted() : [basename(path)];
  const [only] = files;
  if (there.length !== files.length || !only) throw forged(path, `${there.length} files are there, ${files.length} were signed`);
  for (const name of there) {
    const signed = isFolder ? files.find((file) => file.name === name) : only;
    const place = isFolder ? join(path, name) : path;
    const { size } = await stat(place);
    if (!signed || size !== signed.bytes || size > REPORT_MAX_BYTES) throw forged(place, 'it has another length than what was signed');
    const sha256 = createHash('sha256')
      .update(await readFile(place))
      .digest('hex');
    if (sha256 !== signed.sha256) throw forged(place, 'it is not what was signed');
  }
  return { kind: word('report'), site: word('site'), from: word('from'), to: word('to'), signedBy: verifier.name, files };
}

function forged(path: string, why: string): KeeplineError {
  return new KeeplineError('REPORT_NOT_GENUINE', `${path} is not the report that was signed: ${why}`, {
    hint: 'Ask for the file and its .note again from the site, and compare the public key over another channel.',
    offending: path,
  });
}
