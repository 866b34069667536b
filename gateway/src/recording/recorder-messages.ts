/** What edge, recorder and recorder thread say to each other. */
import type { MessagePort } from 'node:worker_threads';
import type { RecordingId } from '@keepline/contracts/ids';
import type { Beat } from '../media/heartbeat.ts';

/** From the RTP edge, over the port of one recording. `alaw` is left, right, left, right …; positions count samples of 125 µs. */
export type RecordingMessage =
  | { readonly kind: 'audio'; readonly startSample: number; readonly alaw: Uint8Array }
  | { readonly kind: 'end'; readonly samples: number };

export interface RecordingResult {
  /**
   * `failed` may still be a whole and playable file: then `file` has its final name and `why` says what is missing. `interrupted`: the recorder
   * thread ended; what it had written can be exported.
   */
  readonly outcome: 'complete' | 'failed' | 'interrupted';
  /** Name in the recordings folder; ends in `.part` when the file could not be finished, '' when there is none. */
  readonly file: string;
  /** Length, samples of 125 µs. */
  readonly samples: number;
  readonly durationMs: number;
  /** Size and SHA-256 (hex) of the encrypted file; 0 and '' when it could not be finished. */
  readonly bytes: number;
  readonly sha256: string;
  readonly why?: string;
}

export interface RecorderSettings {
  readonly dir: string;
  readonly recipient: string;
  /** Counted up ten times a second. */
  readonly beat?: Beat;
}

/** How the machine is, told once a second. */
export interface RecorderHealth {
  readonly freeBytes: number;
  readonly openFiles: number;
  readonly maxFiles: number;
  /** How full the fullest queue of a recording before the disk is, percent. */
  readonly fullestQueuePercent: number;
}

/** Silence from, or up to, this position of the recording; samples of 125 µs. In force for all audio that is read after it, also before the file is open. */
export interface Mark {
  readonly do: 'silence' | 'sound';
  readonly recordingId: RecordingId;
  readonly sample: number;
}

export type RecorderCommand =
  /** Encrypted to `recipient`, which may have been rotated since the thread began. */
  | { readonly do: 'open'; readonly recordingId: RecordingId; readonly port: MessagePort; readonly recipient: string }
  | Mark
  | { readonly do: 'close' };

export type RecorderReport =
  | { readonly told: 'opened'; readonly recordingId: RecordingId }
  | { readonly told: 'notOpened'; readonly recordingId: RecordingId; readonly why: string }
  | { readonly told: 'finished'; readonly recordingId: RecordingId; readonly result: RecordingResult }
  | { readonly told: 'health'; readonly health: RecorderHealth }
  | { readonly told: 'fault'; readonly code: string; readonly message: string; readonly hint: string; readonly offending: string };
