/**
 * What the site recorded, through the product's own command line: list, export, and which tones are on which channel.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { bestToneShare } from './tone.ts';
import { readStereoAlaw } from './wav-file.ts';

const CLI = fileURLToPath(new URL('../../gateway/src/recordings-cli.ts', import.meta.url));
const run = promisify(execFile);

export interface ListedRecording {
  readonly id: string;
  readonly callId: string;
  readonly state: string;
  readonly durationMs: number;
  /** Under which another exchange knows the call it forked; null for calls of ours. */
  readonly sourceSession: string | null;
}

export async function listRecordings(data: string): Promise<ListedRecording[]> {
  const { stdout } = await run(process.execPath, [CLI, 'list', '--data', data, '--json'], { maxBuffer: 64 * 1024 * 1024 });
  return JSON.parse(stdout);
}

/** Decrypts a recording to `folder` with the site's identity key; the result is the path of the WAV. */
export async function exportRecording(data: string, id: string, folder: string): Promise<string> {
  const out = join(folder, `${id}.wav`);
  await run(process.execPath, [CLI, 'export', id, '--data', data, '--out', out]);
  return out;
}

/** The share of a tone in the loudest second of each channel: left is the caller, right the agent. */
export function tonesOnTape(
  wav: string,
  callerHz: number,
  agentHz: number,
): { readonly caller: number; readonly agent: number; readonly durationMs: number } {
  const { left, right, durationMs } = readStereoAlaw(wav);
  return { caller: bestToneShare(left, callerHz), agent: bestToneShare(right, agentHz), durationMs };
}
