/**
 * Recordings that are over, for people: looked up, listened to, given out. Each act is audited with its purpose before anything is opened
 * (law 4), and the identity key is read for the moment of opening only (law 3).
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decryptBytes } from '@keepline/compliance/age';
import type { NoteSigner } from '@keepline/compliance/note';
import type { AuditAct } from '@keepline/contracts/audit-acts';
import type { Clock } from '@keepline/contracts/clock';
import type { CallId, RecordingId } from '@keepline/contracts/ids';
import { type ArchiveRow, type ArchiveSearch, findInArchive, searchArchive } from './archive-rows.ts';
import { RecordingNotFound } from './errors.ts';
import { ageBytes, findFinished } from './export-recording.ts';
import { peaksName } from './file-names.ts';
import type { LedgerReader, LedgerRow } from './ledger.ts';
import { type Pause, pausesOf } from './pauses.ts';
import { PeakMeter, type Peaks, peaksFromBytes } from './peaks.ts';
import { PlaySessions, type Play } from './play-sessions.ts';
import { openPlayback } from './playback.ts';
import { signedWav } from './signed-wav.ts';
import { samplesIn, WAV_HEADER_BYTES, type WavSource } from './wav.ts';

/** Who asks, as the audit log names them. */
export interface Listener {
  readonly who: string;
  readonly role: string;
  readonly from: string;
}
export interface ArchiveParts {
  readonly dir: string;
  readonly read: LedgerReader;
  readonly clock: Pick<Clock, 'now' | 'every'>;
  readonly keys: { recordingIdentity(): Promise<string>; recordingRecipient(): string; auditSigner(): NoteSigner };
  /** Number of the caller, masked; '' when it is not known. */
  maskedCaller(callId: CallId): Promise<string>;
  audited<T>(act: AuditAct, context: Listener & { readonly object: string; readonly purpose: string }, run: () => Promise<T>): Promise<T>;
}

/** A row as people may see it. */
export interface ShownRow extends ArchiveRow {
  /** Masked. */
  readonly callerNumber: string;
}

export interface Export {
  readonly fileName: string;
  /** Bytes in all. */
  readonly size: number;
  bytes(): AsyncGenerator<Buffer>;
  /** Owed by whoever asked, also when no byte was read. */
  close(): Promise<void>;
}

export class RecordingArchive {
  readonly #parts: ArchiveParts;
  readonly #plays: PlaySessions;

  constructor(parts: ArchiveParts) {
    this.#parts = parts;
    this.#plays = new PlaySessions(parts.clock);
  }

  search(who: Listener, search: ArchiveSearch): Promise<ShownRow[]> {
    return this.#parts.audited('recording.list', { ...who, object: '', purpose: '' }, async () => {
      const rows = await searchArchive(this.#parts.read, search);
      return Promise.all(rows.map((row) => this.#shown(row)));
    });
  }

  /** @throws RecordingNotFound */
  async find(who: Listener, id: string): Promise<ShownRow & { readonly pauses: readonly Pause[] }> {
    return this.#parts.audited('recording.list', { ...who, object: id, purpose: '' }, async () => {
      const row = await findInArchive(this.#parts.read, id);
      if (!row) throw new RecordingNotFound(id);
      return { ...(await this.#shown(row)), pauses: await pausesOf(this.#parts.read, id) };
    });
  }

  /**
   * Opens a recording for one person; the ticket stands for this audit entry as long as it lasts.
   * @throws RecordingNotFound, RecordingStillOpen, RecordingFileGone, RecordingChanged, PlaysTooMany, IdentityAbsent
   */
  openPlay(who: Listener, id: string, purpose: string): Promise<Play> {
    return this.#parts.audited('recording.play', { ...who, object: id, purpose }, async () => {
      const { source, identity, row } = await this.#open(id);
      return this.#plays.add(who.who, id, source, await storedPeaks(this.#parts.dir, row.id, identity));
    });
  }

  /** @throws PlayTicketInvalid */
  playing(who: Listener, id: string, ticket: string): Play {
    return this.#plays.find(who.who, id, ticket);
  }

  /** The waveform of a play; one whose file is missing (a killed gateway) is made from the audio, once. @throws PlayTicketInvalid */
  async peaks(who: Listener, id: string, ticket: string): Promise<Peaks> {
    const play = this.playing(who, id, ticket);
    play.peaks ??= await peaksOf(play.source);
    return play.peaks;
  }

  /** Everything is opened and the act recorded when this resolves; the bytes follow. @throws as `openPlay` */
  export(who: Listener, id: string, purpose: string, form: 'wav' | 'age'): Promise<Export> {
    const { dir, keys } = this.#parts;
    return this.#parts.audited('recording.export', { ...who, object: id, purpose }, async () => {
      if (form === 'age') {
        const { known } = await findFinished(this.#parts.read, dir, id);
        const file = await ageBytes(dir, known, { identity: () => keys.recordingIdentity(), recipient: keys.recordingRecipient() });
        return { fileName: `${id}.wav.age`, ...file };
      }
      const { source, row } = await this.#open(id);
      const wav = signedWav(source, row, keys.auditSigner());
      return { fileName: `${id}.wav`, size: wav.size, bytes: () => wav.bytes(), close: () => source.close() };
    });
  }

  close(): void {
    this.#plays.close();
  }

  async #shown(row: ArchiveRow): Promise<ShownRow> {
    return { ...row, callerNumber: await this.#parts.maskedCaller(row.callId) };
  }

  async #open(id: string): Promise<{ source: WavSource; identity: string; row: LedgerRow }> {
    const { row, known } = await findFinished(this.#parts.read, this.#parts.dir, id);
    const identity = await this.#parts.keys.recordingIdentity();
    return { source: await openPlayback(this.#parts.dir, known, identity), identity, row };
  }
}

/** Whatever is wrong with a waveform, the audio is still there: it is made anew. */
async function storedPeaks(dir: string, id: RecordingId, identity: string): Promise<Peaks | undefined> {
  try {
    return peaksFromBytes(await decryptBytes(await readFile(join(dir, peaksName(id))), identity));
  } catch {
    return undefined;
  }
}

async function peaksOf(source: WavSource): Promise<Peaks> {
  const meter = new PeakMeter();
  let at = 0;
  for await (const chunk of source.chunks()) {
    const audio = at === 0 ? chunk.subarray(WAV_HEADER_BYTES) : chunk;
    meter.hear(at === 0 ? 0 : samplesIn(at), audio);
    at += chunk.length;
  }
  return meter.finish(source.samples);
}
