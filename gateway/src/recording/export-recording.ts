/**
 * Writes one recording out of the house: as a WAV, or as an age file for somebody with the identity. The target is new, private, and
 * appears under its name only when it is whole. Callers wrap this in `audited`.
 */
import { constants } from 'node:fs';
import { access, copyFile, type FileHandle, link, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { AgeSealer, CHUNK_BYTES } from '@keepline/compliance/age';
import { ExportTargetExists, RecordingFileGone, RecordingNotFound, RecordingStillOpen } from './errors.ts';
import { partName } from './file-names.ts';
import { findRow, type LedgerReader, type LedgerRow } from './ledger.ts';
import { type KnownFile, openPlayback, requireUnchanged } from './playback.ts';
import type { WavSource } from './wav.ts';

/** The row and file of a recording that is over. @throws RecordingNotFound, RecordingStillOpen, RecordingFileGone */
export async function findFinished(read: LedgerReader, dir: string, id: string): Promise<{ row: LedgerRow; known: KnownFile }> {
  const row = await findRow(read, id);
  if (!row) throw new RecordingNotFound(id);
  if (row.state === 'open') throw new RecordingStillOpen(id);
  if (row.file === null) throw new RecordingFileGone(join(dir, partName(row.id)));
  return { row, known: { id: row.id, file: row.file, sha256: row.sha256 ?? '' } };
}

/** A file that is on its way: `done` gives it its name, `undo` removes it. */
export interface Draft {
  readonly path: string;
  /** @throws ExportTargetExists */
  done(): Promise<void>;
  undo(): Promise<void>;
}

/** @throws ExportTargetExists */
export async function draftFor(out: string): Promise<Draft> {
  await access(out).then(
    () => Promise.reject(new ExportTargetExists(out)),
    () => {},
  );
  const path = `${out}.${process.pid}.draft`;
  return {
    path,
    async done() {
      await link(path, out).catch((thrown: unknown) => {
        throw thrown instanceof Error && 'code' in thrown && thrown.code === 'EEXIST' ? new ExportTargetExists(out) : thrown;
      });
      await unlink(path);
    },
    undo: () => unlink(path).catch(() => {}),
  };
}

/** Decrypts to a WAV. @throws RecordingFileGone, RecordingChanged, AgeNoMatch, AgeDamaged */
export async function exportWav(dir: string, known: KnownFile, identity: string, path: string): Promise<void> {
  await withSource(dir, known, identity, path, async (source, file) => {
    for await (const chunk of source.chunks()) await file.writeFile(chunk);
  });
}

/**
 * The encrypted form. A finished file is copied as it is and needs no identity; an interrupted one is joined and sealed anew, under a
 * fresh file key, to the recipient of the site.
 * @throws RecordingFileGone, RecordingChanged, AgeNoMatch, AgeDamaged
 */
export async function exportAge(
  dir: string,
  known: KnownFile,
  keys: { identity(): Promise<string>; readonly recipient: string },
  path: string,
): Promise<void> {
  if (!known.file.endsWith('.part')) {
    await requireUnchanged(dir, known);
    return copyFile(join(dir, known.file), path, constants.COPYFILE_EXCL);
  }
  await withSource(dir, known, await keys.identity(), path, async (source, file) => {
    const sealer = await AgeSealer.to(keys.recipient);
    await file.writeFile(sealer.prefix);
    const lastIndex = Math.ceil(source.size / CHUNK_BYTES) - 1;
    let index = 0;
    for await (const chunk of source.chunks()) {
      await file.writeFile(sealer.seal(index, index === lastIndex, chunk));
      index++;
    }
  });
}

async function withSource(
  dir: string,
  known: KnownFile,
  identity: string,
  path: string,
  write: (source: WavSource, file: FileHandle) => Promise<void>,
): Promise<void> {
  const source = await openPlayback(dir, known, identity);
  try {
    const file = await open(path, 'wx', 0o600);
    try {
      await write(source, file);
      await file.sync();
    } finally {
      await file.close();
    }
  } finally {
    await source.close();
  }
}
