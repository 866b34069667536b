/**
 * What a backup consists of, pure: a list with one line per file, and a head signed by the site that names the list by its hash. The list
 * says for each part its hash in clear and sealed, so that anybody can check a backup without a key. No personal data: names of recordings
 * are random ids.
 */
import { createHash } from 'node:crypto';
import { type NoteSigner, openNote, signNote, verifierFrom } from '@keepline/compliance/note';
import { BackupInvalid, BackupTooLarge } from './errors.ts';

/** First line of a head; a reader refuses any other. */
export const BACKUP_FORMAT = 'keepline-backup/1';
/** Files are cut into parts of so many bytes, so that a log that only grows is sent once: 4 MiB. */
export const PART_BYTES = 4_194_304;
/** Files of one backup, at most: the list of so many is about 300 MB. */
export const FILES_MAX = 1_000_000;
const LIST_LINE = /^[A-Za-z0-9@._-]+(\/[A-Za-z0-9@._-]+)*$/;
const ID = /^[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}$/;
const SHA256 = /^[0-9a-f]{64}$/;

export interface Part {
  /** SHA-256 of the text, hex. */
  readonly sha256: string;
  /** Of the sealed part; also the name of its object, so that sealing a text again, to another recipient, never touches an older backup. */
  readonly sealedSha256: string;
  readonly sealedBytes: number;
}
export interface BackedUpFile {
  /** Below the data folder, with slashes. */
  readonly path: string;
  readonly bytes: number;
  /** Of the file when it was read; with the size it tells whether a recording changed since. */
  readonly mtimeMs: number;
  readonly parts: readonly Part[];
}
export interface BackupHead {
  readonly id: string;
  readonly site: string;
  /** What the parts are encrypted to, `age1…`. */
  readonly recipient: string;
  readonly keys: boolean;
  readonly files: number;
  readonly bytes: number;
  /** Entries of the audit log under its newest checkpoint, and the root over them, when the copy began. */
  readonly audit: { readonly size: number; readonly root: string };
  readonly listSha256: string;
}

/** @param random eight hex digits */
export function backupId(nowMs: number, random: string): string {
  return `${new Date(nowMs).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z-${random}`;
}

export const isBackupId = (text: string): boolean => ID.test(text);

/** @throws BackupTooLarge */
export function listText(files: readonly BackedUpFile[]): string {
  if (files.length > FILES_MAX) throw new BackupTooLarge(files.length, FILES_MAX);
  return files
    .toSorted((a, b) => (a.path < b.path ? -1 : 1))
    .map((file) => `${JSON.stringify(file)}\n`)
    .join('');
}

/** The head as a signed note (C2SP signed-note): one `name value` a line. */
export function signHead(head: BackupHead, signer: NoteSigner): string {
  const lines = [
    BACKUP_FORMAT,
    `id ${head.id}`,
    `site ${head.site}`,
    `recipient ${head.recipient}`,
    `keys ${head.keys ? 'yes' : 'no'}`,
    `files ${head.files}`,
    `bytes ${head.bytes}`,
    `audit ${head.audit.size} ${head.audit.root}`,
    `list ${head.listSha256}`,
  ];
  return signNote(`${lines.join('\n')}\n`, signer);
}

/** @param verifierKey the public key of the site's audit log @throws BackupInvalid */
export function openHead(note: string, verifierKey: string): BackupHead {
  let text: string;
  try {
    text = openNote(note, verifierFrom(verifierKey));
  } catch (fault) {
    throw new BackupInvalid('its signature', fault);
  }
  return readHead(text);
}

/** What a head says, its signature not looked at: for lists and for what is thrown away. @throws BackupInvalid */
export function readHead(text: string): BackupHead {
  const [format, ...lines] = text.split('\n');
  if (format !== BACKUP_FORMAT)
    throw new BackupInvalid(`its format is ${format?.slice(0, 40) || 'missing'}, this version reads ${BACKUP_FORMAT}`);
  const value = (name: string): string => {
    const line = lines.find((each) => each.startsWith(`${name} `));
    if (line === undefined) throw new BackupInvalid(`its head has no ${name}`);
    return line.slice(name.length + 1);
  };
  const whole = (text: string): number => {
    if (!/^\d{1,15}$/.test(text)) throw new BackupInvalid('a number in its head');
    return Number(text);
  };
  const [size = '', root = ''] = value('audit').split(' ');
  const head: BackupHead = {
    ...{ id: value('id'), site: value('site'), recipient: value('recipient'), keys: value('keys') === 'yes' },
    ...{ files: whole(value('files')), bytes: whole(value('bytes')), audit: { size: whole(size), root }, listSha256: value('list') },
  };
  if (!isBackupId(head.id) || !SHA256.test(head.listSha256)) throw new BackupInvalid('its head');
  return head;
}

/** @throws BackupInvalid when it is not the list the head names, or names a place outside the data folder */
export function openList(list: Uint8Array, head: BackupHead): BackedUpFile[] {
  if (sha256(list) !== head.listSha256) throw new BackupInvalid('its list of files');
  const lines = Buffer.from(list).toString('utf8').split('\n').slice(0, -1);
  const files = lines.map((line) => JSON.parse(line) as BackedUpFile); // parse boundary: the signed head names these bytes
  for (const { path, parts } of files) {
    if (!LIST_LINE.test(path) || path.split('/').some((step) => step === '.' || step === '..')) throw new BackupInvalid(`the path ${path}`);
    if (!parts.every((part) => SHA256.test(part.sha256) && SHA256.test(part.sealedSha256))) throw new BackupInvalid(`a part of ${path}`);
  }
  return files;
}

/** Which backups go so that `keep` are left, oldest first; ids sort by time. */
export function beyond(ids: readonly string[], keep: number): string[] {
  return ids.toSorted().slice(0, Math.max(0, ids.length - keep));
}

/** Names of the objects these files need. */
export function objectsOf(files: Iterable<BackedUpFile>): Set<string> {
  const names = new Set<string>();
  for (const { parts } of files) for (const { sealedSha256 } of parts) names.add(sealedSha256);
  return names;
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
