/**
 * Checks a backup without a key, and puts one back with it. A restore is written to a folder beside the target, proven there to be what was
 * signed, and gets its name at the end: a fault leaves the target as it was.
 */
import { createReadStream, existsSync } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, utimes } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { decryptBytes } from '@keepline/compliance/age';
import { verifyAuditLog } from '@keepline/compliance/audit-verify';
import { KeeplineError } from '@keepline/contracts/errors';
import { markRestored, type Restored as RestoredBy } from '../store/restored-mark.ts';
import { integrityOf } from '../store/snapshot.ts';
import type { BackupPlace, OpenedBackup } from './backup-place.ts';
import { BackupDamaged, BackupInvalid, BackupKeyWrong, RestoreTargetNotEmpty } from './errors.ts';
import { type BackedUpFile, type Part, sha256 } from './manifest.ts';

/** Reads every sealed part and compares it with the signed list. @returns how many @throws BackupDamaged */
export async function checkParts(place: BackupPlace, files: readonly BackedUpFile[]): Promise<number> {
  const seen = new Set<string>();
  for (const { parts } of files)
    for (const part of parts) {
      if (seen.has(part.sealedSha256)) continue;
      seen.add(part.sealedSha256);
      await checkSealed(place, part);
    }
  return seen.size;
}

async function checkSealed(place: BackupPlace, { sealedSha256: name }: Part): Promise<void> {
  const path = place.objectPath(name);
  if (!existsSync(path)) throw new BackupDamaged(name, 'missing');
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path)) hash.update(piece as Buffer);
  if (hash.digest('hex') !== name) throw new BackupDamaged(name, 'not the one that was signed');
}

export interface Restored {
  readonly files: number;
  readonly bytes: number;
  /** Entries of the restored audit log that verify. */
  readonly auditEntries: number;
}

export interface RestoreOrder {
  /** Must not be there, or be empty; its parent must be there. */
  readonly target: string;
  /** `AGE-SECRET-KEY-1…` */
  readonly identity: string;
  /** Public key of the site's audit log. */
  readonly verifierKey: string;
  /** Who does it, and when; goes into the audit log with the first start. */
  readonly by: Omit<RestoredBy, 'id'>;
}

/**
 * @throws RestoreTargetNotEmpty, BackupKeyWrong, BackupDamaged, BackupInvalid
 */
export async function restore(
  place: BackupPlace,
  { head, files }: OpenedBackup,
  { target, identity, verifierKey, by }: RestoreOrder,
): Promise<Restored> {
  if (existsSync(target) && (await readdir(target)).length > 0) throw new RestoreTargetNotEmpty(target);
  const draft = `${target}.restoring-${process.pid}`;
  await mkdir(draft, { recursive: true, mode: 0o700 });
  try {
    for (const file of files) await putBack(place, file, { draft, identity, recipient: head.recipient });
    const auditEntries = await prove(draft, files, { verifierKey, least: head.audit.size });
    markRestored(draft, { ...by, id: head.id });
    await rm(target, { recursive: true, force: true });
    await rename(draft, target);
    return { files: files.length, bytes: head.bytes, auditEntries };
  } catch (fault) {
    await rm(draft, { recursive: true, force: true });
    throw fault;
  }
}

interface PutBack {
  readonly draft: string;
  readonly identity: string;
  readonly recipient: string;
}

async function putBack(
  place: BackupPlace,
  { path, parts, mtimeMs, bytes }: BackedUpFile,
  { draft, identity, recipient }: PutBack,
): Promise<void> {
  const to = join(draft, path);
  await mkdir(dirname(to), { recursive: true, mode: 0o700 });
  const file = await open(to, 'wx', 0o600);
  let written = 0;
  try {
    for (const part of parts) {
      await checkSealed(place, part);
      const plain = await decryptBytes(await readFile(place.objectPath(part.sealedSha256)), identity).catch((fault: unknown) => {
        throw fault instanceof KeeplineError && ['AGE_NO_MATCH', 'AGE_KEY_INVALID'].includes(fault.code)
          ? new BackupKeyWrong(recipient)
          : fault;
      });
      if (sha256(plain) !== part.sha256) throw new BackupDamaged(part.sealedSha256, 'not the text that was signed');
      await file.writeFile(plain);
      written += plain.length;
    }
    if (written !== bytes) throw new BackupInvalid(`the size of ${path}`);
    await file.sync();
  } finally {
    await file.close();
  }
  await utimes(to, mtimeMs / 1000, mtimeMs / 1000);
}

/** What was put back is whole in its own terms too: the structure of every database, every entry of the audit log. */
async function prove(
  draft: string,
  files: readonly BackedUpFile[],
  audit: { readonly verifierKey: string; readonly least: number },
): Promise<number> {
  for (const { path } of files) {
    if (!path.endsWith('.db')) continue;
    const said = await integrityOf(join(draft, path));
    if (said !== 'ok') throw new BackupInvalid(`${path}: ${said}`);
  }
  if (!files.some(({ path }) => path === 'audit/entries.jsonl')) return 0;
  const verdict = await verifyAuditLog(join(draft, 'audit'), audit.verifierKey);
  if (!verdict.ok) throw new BackupInvalid(`its audit log: ${verdict.fault?.why ?? 'it does not verify'}`);
  if (verdict.entries < audit.least) throw new BackupInvalid(`its audit log has ${verdict.entries} entries, ${audit.least} were signed`);
  return verdict.entries;
}
