/**
 * Writes one recording out of the house: as a WAV, or as an age file for somebody with the identity. The target is new, private, and
 * appears under its name only when it is whole. Callers wrap this in `audited`.
 */
import { access, link, open, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { AgeSealer, CHUNK_BYTES, readAt, sealedBytes } from '@keepline/compliance/age';
import type { NoteSigner } from '@keepline/compliance/note';
import { sealSm4 } from '@keepline/compliance/sm4-file';
import { ExportTargetExists, RecordingFileGone, RecordingNotFound, RecordingStillOpen } from './errors.ts';
import { partName } from './file-names.ts';
import { findRow, type LedgerReader, type LedgerRow } from './ledger.ts';
import { type KnownFile, openPlayback, requireUnchanged } from './playback.ts';
import { signedWav } from './signed-wav.ts';
import type { WavSource } from './wav.ts';

/** A recording that is over: what the ledger says and which file it is. */
export interface Found {
  readonly row: LedgerRow;
  readonly known: KnownFile;
}

/** @throws RecordingNotFound, RecordingStillOpen, RecordingFileGone */
export async function findFinished(read: LedgerReader, dir: string, id: string): Promise<Found> {
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

/** The encrypted form, as bytes to be sent or written. */
export interface AgeBytes {
  readonly size: number;
  bytes(): AsyncGenerator<Buffer>;
  /** Owed by whoever opened it, also when no byte was read. */
  close(): Promise<void>;
}

/** Decrypts to a WAV that carries its certificate, sealed anew where an SM4 key is given. @throws RecordingFileGone, RecordingChanged, AgeNoMatch, AgeDamaged */
export async function exportWav(
  dir: string,
  { row, known }: Found,
  keys: { readonly identity: string; readonly signer: NoteSigner; readonly sm4?: Uint8Array | undefined },
  path: string,
): Promise<void> {
  const source = await openPlayback(dir, known, keys.identity);
  try {
    const wav = signedWav(source, row, keys.signer).bytes();
    await writeNew(path, keys.sm4 ? sealSm4(wav, keys.sm4) : wav);
  } finally {
    await source.close();
  }
}

/** The encrypted form to a new file. @throws as `ageBytes` */
export async function exportAge(dir: string, known: KnownFile, keys: AgeKeys, path: string): Promise<void> {
  const file = await ageBytes(dir, known, keys);
  try {
    await writeNew(path, file.bytes());
  } finally {
    await file.close();
  }
}

export interface AgeKeys {
  identity(): Promise<string>;
  readonly recipient: string;
}

/**
 * A finished file goes out as it is and needs no identity; an interrupted one is joined and sealed anew, under a fresh file key, to the
 * recipient of the site.
 * @throws RecordingFileGone, RecordingChanged, AgeNoMatch, AgeDamaged
 */
export async function ageBytes(dir: string, known: KnownFile, keys: AgeKeys): Promise<AgeBytes> {
  if (!known.file.endsWith('.part')) {
    await requireUnchanged(dir, known);
    const path = join(dir, known.file);
    const { size } = await stat(path);
    return { size, bytes: () => fileBytes(path), close: async () => {} };
  }
  const source = await openPlayback(dir, known, await keys.identity());
  const sealer = await AgeSealer.to(keys.recipient);
  return { size: sealer.prefix.length + sealedBytes(source.size), bytes: () => sealedAnew(source, sealer), close: () => source.close() };
}

async function* fileBytes(path: string): AsyncGenerator<Buffer> {
  const file = await open(path, 'r');
  try {
    for (let at = 0; ; ) {
      const piece = await readAt(file, at, READ_BYTES);
      if (piece.length === 0) return;
      at += piece.length;
      yield piece;
    }
  } finally {
    await file.close();
  }
}

async function* sealedAnew(source: WavSource, sealer: AgeSealer): AsyncGenerator<Buffer> {
  yield sealer.prefix;
  const lastIndex = Math.ceil(source.size / CHUNK_BYTES) - 1;
  let index = 0;
  for await (const chunk of source.chunks()) {
    yield sealer.seal(index, index === lastIndex, chunk);
    index++;
  }
}

async function writeNew(path: string, bytes: AsyncGenerator<Buffer>): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    for await (const piece of bytes) await file.writeFile(piece);
    await file.sync();
  } finally {
    await file.close();
  }
}

const READ_BYTES = 1_048_576;
