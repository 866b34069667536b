/**
 * The copy in another building: over OpenSSH's own `sftp`, to an account that needs no shell there. Only what is missing is sent, parts before
 * lists and lists before notes, each under its name only when it is whole; so a cut line leaves backups that are whole or not there.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { BackupPlace } from './backup-place.ts';
import { OffsiteFailed } from './errors.ts';
import { beyond, isBackupId, objectsOf, openList } from './manifest.ts';

export interface OffsiteTarget {
  /** `user@host`. */
  readonly address: string;
  readonly port: number;
  /** Folder there; it must exist. */
  readonly folder: string;
  /** Private key of the account, without a passphrase. */
  readonly identityFile: string;
  /** Host keys that are believed; an unknown one is refused. */
  readonly knownHosts: string;
}

/** Longest time one `sftp` may take, ms: a first copy of everything goes over night. */
const SFTP_LIMIT_MS = 12 * 3_600_000;
const SAID_MAX_CHARS = 2000;

/**
 * Sends the backups that are not there and removes those beyond `keep`, with the parts only they needed.
 * @returns how many backups and parts went @throws OffsiteFailed
 */
export async function sendOffsite(
  place: BackupPlace,
  target: OffsiteTarget,
  keep: number,
): Promise<{ readonly backups: number; readonly parts: number }> {
  const there = new Set(await idsThere(target));
  const here = await place.ids();
  const present = new Set<string>();
  for (const id of here) if (there.has(id)) for (const name of await objectsIn(place, id)) present.add(name);
  const missing = here.filter((id) => !there.has(id));
  const parts = new Set<string>();
  for (const id of missing) for (const name of await objectsIn(place, id)) if (!present.has(name)) parts.add(name);
  const folders = new Set([...parts].map((name) => `objects/${name.slice(0, 2)}`));
  await sftp(target, [
    ...['objects', 'backups', ...folders].map((folder) => `-mkdir ${folder}`),
    ...[...parts].flatMap((name) => put(place.objectPath(name), `objects/${name.slice(0, 2)}/${name}.age`)),
    ...missing.flatMap((id) => put(place.listPath(id), `backups/${id}.list`)),
    ...missing.flatMap((id) => put(place.notePath(id), `backups/${id}.note`)),
  ]);
  await prune(place, target, [...new Set([...there, ...missing])], keep);
  return { backups: missing.length, parts: parts.size };
}

/** Notes first, so that no note names what is gone. A backup of which we have no list any more loses its note; its parts stay. */
async function prune(place: BackupPlace, target: OffsiteTarget, ids: readonly string[], keep: number): Promise<void> {
  const going = beyond(ids, keep);
  if (going.length === 0) return;
  const kept = new Set<string>();
  for (const id of ids) if (!going.includes(id)) for (const name of await objectsIn(place, id)) kept.add(name);
  const parts = new Set<string>();
  for (const id of going) for (const name of await objectsIn(place, id)) if (!kept.has(name)) parts.add(name);
  await sftp(target, [
    ...going.flatMap((id) => [`-rm backups/${id}.note`, `-rm backups/${id}.list`]),
    ...[...parts].map((name) => `-rm objects/${name.slice(0, 2)}/${name}.age`),
  ]);
}

async function objectsIn(place: BackupPlace, id: string): Promise<ReadonlySet<string>> {
  if (!existsSync(place.notePath(id))) return new Set();
  return objectsOf(openList(await readFile(place.listPath(id)), await place.head(id)));
}

/** What is there, asked of the server; changes nothing. */
export interface OffsiteView {
  /** Of the backups with a note, oldest first. */
  readonly ids: readonly string[];
  /** Sizes of the parts in bytes, by the name of their object. */
  readonly parts: ReadonlyMap<string, number>;
}

/** A look or one fetched file may take so long, ms: a report must not wait for a dead line. */
const LOOK_LIMIT_MS = 15_000;

/** @throws OffsiteFailed */
export async function lookOffsite(target: OffsiteTarget): Promise<OffsiteView> {
  const said = await sftp(target, ['-ls -1 backups', '-ls -ln objects/*/*.age'], LOOK_LIMIT_MS);
  const sizes = [...said.matchAll(/^\S+\s+\S+\s+\S+\s+\S+\s+(\d+)\s.*\/([0-9a-f]{64})\.age$/gm)];
  return { ids: idsIn(said).toSorted(), parts: new Map(sizes.map(([, bytes = '', name = '']) => [name, Number(bytes)])) };
}

/** Fetches note and list of a backup, or one part, into a folder. @param names below the folder there @throws OffsiteFailed */
export async function fetchOffsite(target: OffsiteTarget, names: readonly string[], into: string): Promise<void> {
  await sftp(
    target,
    names.map((name) => `get ${name} ${quoted(join(into, basename(name)))}`),
    LOOK_LIMIT_MS,
  );
}

async function idsThere(target: OffsiteTarget): Promise<string[]> {
  return idsIn(await sftp(target, ['-mkdir backups', 'ls -1 backups']));
}

function idsIn(said: string): string[] {
  return [...said.matchAll(/([^/\s]+)\.note$/gm)].flatMap(([, id = '']) => (isBackupId(id) ? [id] : []));
}

/** A name appears there with its whole content: SFTP has no other way to say it than a rename. */
const put = (from: string, to: string): string[] => [`put ${quoted(from)} ${to}.draft`, `-rm ${to}`, `rename ${to}.draft ${to}`];

const quoted = (path: string): string => `"${path.replaceAll(/["\\]/g, String.raw`\$&`)}"`;

function sftp(
  { address, port, folder, identityFile, knownHosts }: OffsiteTarget,
  commands: readonly string[],
  limitMs = SFTP_LIMIT_MS,
): Promise<string> {
  const options = [
    'BatchMode=yes',
    'StrictHostKeyChecking=yes',
    `UserKnownHostsFile=${knownHosts}`,
    'IdentitiesOnly=yes',
    'ConnectTimeout=15',
    'ServerAliveInterval=15',
  ];
  const args = ['-q', '-b', '-', '-P', String(port), '-i', identityFile, ...options.flatMap((option) => ['-o', option]), '--', address];
  return new Promise((resolve, reject) => {
    const program = spawn('sftp', args, { stdio: ['pipe', 'pipe', 'pipe'], timeout: limitMs });
    const heard: Buffer[] = [];
    let said = '';
    program.stdout.on('data', (piece: Buffer) => heard.push(piece));
    program.stderr.on('data', (piece: Buffer) => {
      said = `${said}${piece.toString()}`.slice(-SAID_MAX_CHARS);
    });
    program.stdin.on('error', () => {}); // it ended before it had read all: its exit status says so
    program.once('error', (fault) => reject(new OffsiteFailed(address, fault.message)));
    program.once('close', (code) =>
      code === 0 ? resolve(Buffer.concat(heard).toString()) : reject(new OffsiteFailed(address, said.trim() || `sftp ended with ${code}`)),
    );
    program.stdin.end([`cd ${quoted(folder)}`, ...commands, ''].join('\n'));
  });
}
