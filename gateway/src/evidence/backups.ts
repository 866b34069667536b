/**
 * The newest backup here and in the other building, opened as a stranger with the public key would: signature and list are checked, its parts looked for, some
 * read. What settings or our own notes say of a transfer is not asked. Reads only.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { BackupCopy, BackupFact } from '@keepline/compliance/mlps-facts';
import type { SiteConfig } from '@keepline/contracts/site-config';
import { BackupPlace } from '../backup/backup-place.ts';
import type { BackedUpFile, Part } from '../backup/manifest.ts';
import { fetchOffsite, lookOffsite } from '../backup/offsite.ts';

/** Parts that are read whole, of 4 MiB at most: here, and of the other building, which lies behind a slow line. */
const HASHED_MAX = 12;
const FETCHED_MAX = 1;
const HOUR_MS = 3_600_000;

type Settings = SiteConfig['backup'];

/** @param data folder a relative `backup.folder` is below @throws BackupInvalid, BackupAbsent: then there is no backup anybody could believe */
export async function backupFacts(data: string, { folder }: Settings, verifierKey: string, nowMs: number): Promise<BackupFact> {
  if (folder === '') return { place: '', backups: 0, newest: null };
  const place = new BackupPlace(isAbsolute(folder) ? folder : join(data, folder));
  const ids = await place.ids();
  const id = ids.at(-1);
  if (id === undefined) return { place: folder, backups: 0, newest: null };
  const { files } = await place.open(id, verifierKey);
  const sizeOf = async ({ sealedSha256 }: Part): Promise<number | undefined> =>
    (await stat(place.objectPath(sealedSha256)).catch(() => undefined))?.size;
  const hashOf = (part: Part): Promise<string> => sha256Of(place.objectPath(part.sealedSha256));
  return { place: folder, backups: ids.length, newest: await copyOf(id, files, nowMs, HASHED_MAX, sizeOf, hashOf) };
}

/** @throws OffsiteFailed, BackupInvalid */
export async function offsiteFacts({ offsite: target }: Settings, verifierKey: string, nowMs: number): Promise<BackupFact> {
  if (target.address === '') return { place: '', backups: 0, newest: null };
  const { ids, parts } = await lookOffsite(target);
  const id = ids.at(-1);
  if (id === undefined) return { place: target.address, backups: 0, newest: null };
  const work = await mkdtemp(join(tmpdir(), 'keepline-offsite-'));
  try {
    await fetchOffsite(target, [`backups/${id}.note`, `backups/${id}.list`], work);
    const { files } = await new FetchedPlace(work).open(id, verifierKey);
    const sizeOf = ({ sealedSha256 }: Part): Promise<number | undefined> => Promise.resolve(parts.get(sealedSha256));
    const hashOf = async ({ sealedSha256: name }: Part): Promise<string> => {
      await fetchOffsite(target, [`objects/${name.slice(0, 2)}/${name}.age`], work);
      return sha256Of(join(work, `${name}.age`));
    };
    return { place: target.address, backups: ids.length, newest: await copyOf(id, files, nowMs, FETCHED_MAX, sizeOf, hashOf) };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Note and list lie side by side, as they were fetched. */
class FetchedPlace extends BackupPlace {
  override listPath(id: string): string {
    return join(this.path, `${id}.list`);
  }

  override notePath(id: string): string {
    return join(this.path, `${id}.note`);
  }
}

async function copyOf(
  id: string,
  files: readonly BackedUpFile[],
  nowMs: number,
  hashedMax: number,
  sizeOf: (part: Part) => Promise<number | undefined>,
  hashOf: (part: Part) => Promise<string>,
): Promise<BackupCopy> {
  const parts = [...new Map(files.flatMap((file) => file.parts).map((part) => [part.sealedSha256, part])).values()];
  const there: Part[] = [];
  for (const part of parts) if ((await sizeOf(part)) === part.sealedBytes) there.push(part);
  // the names are hashes: where reading begins goes round with the hour, so that in time all are read
  const from = there.length === 0 ? 0 : Math.floor(nowMs / HOUR_MS) % there.length;
  const read = [...there.slice(from), ...there.slice(0, from)].slice(0, hashedMax);
  let differing = 0;
  for (const part of read) if ((await hashOf(part)) !== part.sealedSha256) differing++;
  const ageHours = Math.floor((nowMs - begunMs(id)) / HOUR_MS);
  return { id, ageHours, parts: parts.length, absent: parts.length - there.length, hashed: read.length, differing };
}

/** When a backup was begun: its id says so, which the signed note repeats. */
function begunMs(id: string): number {
  const [, day = '', hour, minute, second] = /^(\d{8})T(\d{2})(\d{2})(\d{2})Z/.exec(id) ?? [];
  return Date.parse(`${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)}T${hour}:${minute}:${second}Z`);
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
