/**
 * Whether the recordings of a load hold what was said: every file is opened with the site's identity, and its length and its silence are compared
 * with what the agents' phones saw. Voices of a load are never silent, so silence on the tape is sound that went missing.
 */
import { join } from 'node:path';
import { readKeyStore } from '@keepline/compliance/keys';
import type { RecordingId } from '@keepline/contracts/ids';
import { query } from '@keepline/testkit/site-database';
import { openPlayback } from '../../gateway/src/recording/playback.ts';
import { ALAW_SILENCE, WAV_HEADER_BYTES } from '../../gateway/src/recording/wav.ts';
import type { Talk } from './load-phones.ts';

const SAMPLES_PER_MS = 8;

export interface TapeFault {
  readonly agentId: string;
  /** Length against talk time, or the sound of one side that is missing, whichever is more; ms. */
  readonly offMs: number;
}

interface Row {
  readonly id: RecordingId;
  readonly agent_id: string;
  readonly state: string;
  readonly file: string;
  readonly sha256: string;
}

/** How many recordings have been closed so far, whatever became of them. */
export async function closedRecordings(data: string): Promise<number> {
  const [row] = await query<{ n: number }>(data, `SELECT count(*) AS n FROM recordings WHERE state <> 'open'`);
  return row?.n ?? 0;
}

/** How many recordings go on. */
export async function openRecordings(data: string): Promise<number> {
  const [row] = await query<{ n: number }>(data, `SELECT count(*) AS n FROM recordings WHERE state = 'open'`);
  return row?.n ?? 0;
}

/** Measures recordings beside a running site, each once. */
export class TapeCheck {
  readonly #data: string;
  readonly #identity: string;
  readonly #measured = new Set<string>();

  private constructor(data: string, identity: string) {
    this.#data = data;
    this.#identity = identity;
  }

  static async open(data: string): Promise<TapeCheck> {
    const keys = await readKeyStore(join(data, 'keys'));
    return new TapeCheck(data, await keys.recordingIdentity());
  }

  /**
   * Compares the conversations with the recordings that were closed since the last time; an agent has one at a time, so the order is theirs.
   * A conversation without a recording is off by its whole length.
   */
  async measure(talks: readonly Talk[]): Promise<TapeFault[]> {
    const rows = await query<Row>(
      this.#data,
      `SELECT id, agent_id, state, file, sha256 FROM recordings WHERE state <> 'open' ORDER BY rowid`,
    );
    const fresh = Map.groupBy(
      rows.filter(({ id }) => !this.#measured.has(id)),
      (row) => row.agent_id,
    );
    const found: TapeFault[] = [];
    for (const { agentId, talkMs } of talks) {
      const row = fresh.get(agentId)?.shift();
      if (row) this.#measured.add(row.id);
      found.push({ agentId, offMs: row?.state === 'complete' ? await this.#offMs(row, talkMs) : talkMs });
    }
    return found;
  }

  async #offMs({ id, file, sha256 }: Row, talkMs: number): Promise<number> {
    const source = await openPlayback(join(this.#data, 'recordings'), { id, file, sha256 }, this.#identity);
    try {
      const silent = [0, 0];
      let at = -WAV_HEADER_BYTES;
      for await (const chunk of source.chunks()) {
        for (const [i, byte] of chunk.entries()) {
          const channel = (at + i) & 1;
          if (at + i >= 0 && byte === ALAW_SILENCE) silent[channel] = (silent[channel] ?? 0) + 1;
        }
        at += chunk.length;
      }
      const lengthMs = source.samples / SAMPLES_PER_MS;
      return Math.round(Math.max(Math.abs(lengthMs - talkMs), ...silent.map((samples) => samples / SAMPLES_PER_MS)));
    } finally {
      await source.close();
    }
  }
}
