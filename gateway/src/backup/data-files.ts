/**
 * Which files of a data folder a backup holds, pure, and in which order they are read. The order is what makes a copy of a running site hold
 * together: whatever names something is read before what it names, so that a restored site is one that was killed at a moment, which every
 * part of it knows how to mend.
 */
import { join, relative, resolve } from 'node:path';

/**
 * Secret files: they go along only by policy (`backup.withKeys`). The two public halves always do: with them a restored site that lacks its keys
 * refuses to start, where it would otherwise make itself new ones.
 */
const SECRET = /^(keys\/(?!(?:audit\.verifier|recording\.recipient)$)|sip-secrets\.yaml$|first-passwords\.json$|cloud\/)/;
/** Of this machine or this run, or made again by itself. */
const LEFT_OUT =
  /^(run|log|backup|beside|restore-points|cloud\/jetstream)\/|(-wal|-shm|-journal|\.sock|\.pid|\.lock|\.draft|\.new)$|^(audit\/lock|restored\.json)$/;
/** The outbox names how far the event log was exported, so it comes before main.db; both name recordings. */
const DATABASE_ORDER = ['outbox.db', 'downlink.db', 'main.db'];
/** A checkpoint names entries: the newest names first, the entries last. */
const AUDIT_ORDER = [
  'audit/checkpoint',
  'audit/checkpoint.witnessed',
  'audit/pruned',
  'audit/checkpoints.jsonl',
  'audit/entries.index',
  'audit/entries.jsonl',
];

export interface Choice {
  /** In the order their snapshots are taken. */
  readonly databases: readonly string[];
  /** In the order they are read, after the databases. */
  readonly files: readonly string[];
}

/** @param paths of all files below the data folder, relative, with slashes */
export function chooseFiles(paths: readonly string[], withKeys: boolean): Choice {
  const wanted = paths.filter((path) => !LEFT_OUT.test(path) && (withKeys || !SECRET.test(path)));
  const databases = wanted.filter((path) => path.endsWith('.db'));
  const files = wanted.filter((path) => !path.endsWith('.db'));
  return {
    databases: inOrder(databases, DATABASE_ORDER),
    files: [
      ...files.filter((path) => !AUDIT_ORDER.includes(path)).toSorted(),
      ...inOrder(
        files.filter((path) => AUDIT_ORDER.includes(path)),
        AUDIT_ORDER,
      ),
    ],
  };
}

/**
 * What an installed site has outside its data folder and a restore wants back: its settings, and with the keys the credentials made from one of
 * them. A file that is not there is left out. They come back in the folder `beside`, which no later backup takes for data.
 */
export function filesBeside(data: string, siteFile: string | undefined, withKeys: boolean): Record<string, string> {
  const isOutside = siteFile !== undefined && relative(data, resolve(siteFile)).startsWith('..');
  return {
    ...(isOutside && { 'beside/site.yaml': resolve(siteFile) }),
    ...(withKeys && { 'beside/cloud.creds': join(data, 'run/cloud.creds') }),
  };
}

/** Files that are never written to once they are there but for their header: size and time tell whether one was. */
export const isRecording = (path: string): boolean => path.startsWith('recordings/');

function inOrder(paths: readonly string[], order: readonly string[]): string[] {
  const rank = (path: string): number => (order.includes(path) ? order.indexOf(path) : -1);
  return paths.toSorted((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
}
