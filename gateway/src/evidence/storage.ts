/** The data folder as it lies on the disk: modes, headers, hashes, leftovers. Opens files to read and changes nothing. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { RecordingFact, StorageFact } from '@keepline/compliance/mlps-facts';
import type { Reader } from '../store/connection.ts';

/** Newest recordings that are looked at, and how much of them is hashed: a report must be made within a minute. */
const LOOKED_MAX = 200;
const HASHED_MAX = 20;
const HASHED_MAX_BYTES = 200_000_000;
/** Files of the data folder that are looked at. */
const WALKED_MAX = 20_000;
const AGE_HEADER = 'age-encryption.org/v1\n';
const SQLITE_HEADER = 'SQLite format 3\0';
const DAY_MS = 86_400_000;
/** A draft younger than this belongs to somebody at work, ms. */
const DRAFT_LIFE_MS = 3_600_000;

async function head(path: string, bytes: number): Promise<string> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, 0);
    return buffer.subarray(0, bytesRead).toString('latin1');
  } finally {
    await file.close();
  }
}

export async function recordingFacts(dir: string, read: Reader): Promise<RecordingFact> {
  const names = (await readdir(dir).catch(() => [])).filter((name) => !name.endsWith('.draft'));
  const dated = await Promise.all(names.map(async (name) => ({ name, ms: (await stat(join(dir, name))).mtimeMs })));
  const newest = dated.toSorted((a, b) => b.ms - a.ms).slice(0, LOOKED_MAX);
  let encrypted = 0;
  // the journal of a recording in progress is an age file with a head of its own in front of each frame: it begins the same
  for (const { name } of newest) if ((await head(join(dir, name), AGE_HEADER.length)) === AGE_HEADER) encrypted++;
  const rows = await read.all<{ id: string; file: string; sha256: string; bytes: number }>(
    `SELECT id, file, sha256, bytes FROM recordings WHERE state = 'complete' AND file IS NOT NULL ORDER BY closed_at_ms DESC LIMIT ${HASHED_MAX}`,
  );
  const faults: string[] = [];
  let [hashed, budget] = [0, HASHED_MAX_BYTES];
  for (const { id, file, sha256, bytes } of rows) {
    if ((budget -= bytes) < 0) break;
    hashed++;
    const hash = createHash('sha256');
    try {
      await pipeline(createReadStream(join(dir, file)), hash);
      if (hash.digest('hex') !== sha256) faults.push(id);
    } catch {
      faults.push(`${id} (gone)`);
    }
  }
  return { files: names.length, looked: newest.length, encrypted, hashed, hashFaults: faults };
}

export async function storageFacts(
  data: string,
  keys: readonly { kind: string; createdMs: number }[],
  read: Reader,
  nowMs: number,
): Promise<StorageFact> {
  const lax: string[] = [];
  const leftovers: string[] = [];
  let walked = 0;
  const { mode: dataMode } = await stat(data);
  const isSealed = (dataMode & 0o077) === 0; // nobody else gets below a folder of 0700, whatever the modes in it
  for (const name of await readdir(data, { recursive: true })) {
    if (++walked > WALKED_MAX) break;
    const info = await stat(join(data, name)).catch(() => undefined);
    if (!info?.isFile()) continue;
    if (!isSealed && (info.mode & 0o077) !== 0) lax.push(name);
    if (/\.(draft|tmp|core)$/.test(name) && nowMs - info.mtimeMs > DRAFT_LIFE_MS) leftovers.push(name);
  }
  // the number itself lies sealed, an empty one too: the blind index is what only a number has
  const [numbers] = await read.all<{ n: number }>('SELECT count(*) AS n FROM calls WHERE caller_index IS NOT NULL');
  return {
    databaseIsClear: (await head(join(data, 'main.db'), SQLITE_HEADER.length)) === SQLITE_HEADER,
    rowsWithCallerNumber: numbers?.n ?? 0,
    laxFiles: lax.toSorted(),
    leftovers: leftovers.toSorted(),
    firstPasswordFile: await access(join(data, 'first-passwords.json')).then(
      () => true,
      () => false,
    ),
    keyAgesDays: Object.fromEntries(keys.map(({ kind, createdMs }) => [kind, Math.floor((nowMs - createdMs) / DAY_MS)])),
  };
}
