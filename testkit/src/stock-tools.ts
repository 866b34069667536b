/**
 * Opens a recording without a line of our code, as somebody would in ten years: the `age` and `sox` packages of the distribution.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findProgram } from './program.ts';
import { query } from './site-database.ts';

const run = promisify(execFile);

export interface SoundFacts {
  readonly rateHz: number;
  readonly channels: number;
  readonly encoding: string;
  readonly durationMs: number;
}

/** Decrypts the file of a finished recording with the identity key of the site. @returns the path of the WAV in `folder` */
export async function decryptWithAge(data: string, recordingId: string, folder: string): Promise<string> {
  const [row] = await query<{ file: string | null }>(data, 'SELECT file FROM recordings WHERE id = ?', recordingId);
  const out = join(folder, `${recordingId}.stock.wav`);
  const identity = join(data, 'keys/recording.identity');
  await run(findProgram('age'), ['--decrypt', '--identity', identity, '--output', out, join(data, 'recordings', row?.file ?? '')]);
  return out;
}

/** What `soxi` says of a file. */
export async function soundFacts(wav: string): Promise<SoundFacts> {
  const ask = async (option: string): Promise<string> => (await run(findProgram('soxi'), [option, wav])).stdout.trim();
  const [rate, channels, encoding, seconds] = await Promise.all(['-r', '-c', '-e', '-D'].map(ask));
  return { rateHz: Number(rate), channels: Number(channels), encoding: encoding ?? '', durationMs: Number(seconds) * 1000 };
}
