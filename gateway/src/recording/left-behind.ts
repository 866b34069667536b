/**
 * What a gateway or a recorder thread that ended left of a recording, for its ledger row. A file with its final name was durable and whole: only
 * its row is late. Everything else is `interrupted`, with the length its files show without the key; the files stay as they are for the export.
 */
import { access, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '@keepline/contracts/errors';
import type { RecordingId } from '@keepline/contracts/ids';
import { finishedName, partName, tailName } from './file-names.ts';
import { measureInterrupted } from './interrupted.ts';
import { finishedSamples } from './playback.ts';
import type { RecordingResult } from './recorder-messages.ts';
import { digestOf } from './recording-disk.ts';
import { durationMs } from './wav.ts';

export type LeftBehind = RecordingResult & { readonly outcome: 'complete' | 'interrupted' };

/** @param ended who ended when, for the ledger: "the gateway ended during the call" */
export async function whatIsLeft(dir: string, id: RecordingId, ended: string): Promise<LeftBehind> {
  const finished = join(dir, finishedName(id));
  if (await exists(finished)) {
    const samples = await finishedSamples(finished);
    await unlink(join(dir, tailName(id))).catch(() => {}); // gone already, unless the end fell between rename and removal
    return { outcome: 'complete', file: finishedName(id), samples, durationMs: durationMs(samples), ...(await digestOf(finished)) };
  }
  const nothing = { outcome: 'interrupted', samples: 0, durationMs: 0, bytes: 0, sha256: '' } as const;
  if (!(await exists(join(dir, partName(id))))) return { ...nothing, file: '', why: `${ended}, before the file was made` };
  try {
    const { samples, bytes } = await measureInterrupted(dir, id);
    return { ...nothing, file: partName(id), samples, durationMs: durationMs(samples), bytes, why: ended };
  } catch (thrown) {
    return { ...nothing, file: partName(id), why: `${ended}; ${messageOf(thrown)}` };
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
