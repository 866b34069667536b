/**
 * The recorder thread: all cryptography and disk work of recordings. Audio comes over one port per recording, straight from the RTP edge,
 * so neither SIP nor RTP ever waits for a disk.
 */
import { readdir, readFile } from 'node:fs/promises';
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { decryptBytes, encryptBytes, newIdentity, recipientOf, wrapFileKey } from '@keepline/compliance/age';
import { type Clock, systemClock } from '@keepline/contracts/clock';
import { type KeeplineError, messageOf } from '@keepline/contracts/errors';
import type { RecordingId } from '@keepline/contracts/ids';
import { beat } from '../media/heartbeat.ts';
import type { Mark, RecorderCommand, RecorderReport, RecorderSettings, RecordingMessage } from './recorder-messages.ts';
import { realDisk } from './recording-disk.ts';
import { RecordingFile, type RecordingSurroundings } from './recording-file.ts';

export const HEALTH_MS = 1000;
const BEAT_MS = 100;

class RecorderThread {
  readonly #main: MessagePort;
  readonly #around: RecordingSurroundings;
  readonly #open = new Map<RecordingId, RecordingFile>();
  readonly #opening = new Set<Promise<void>>();
  /** What was told of a recording whose files are being made. */
  readonly #early = new Map<RecordingId, Mark[]>();
  readonly #stopHealth: () => void;
  readonly #beat: () => void;
  readonly #stopBeat: () => void;
  #asking = false;

  constructor(main: MessagePort, { dir, recipient, beat: shared }: RecorderSettings, clock: Clock) {
    this.#main = main;
    this.#around = { dir, recipient, disk: realDisk(), clock, onFault: (fault) => this.#tellFault(fault) };
    this.#stopHealth = clock.every(HEALTH_MS, () => void this.#tellHealth());
    this.#beat = shared ? () => beat(shared, 0) : () => {};
    this.#stopBeat = clock.every(BEAT_MS, this.#beat);
    main.on('message', (command: RecorderCommand) => this.#obey(command));
  }

  /** Throws when this machine cannot encrypt to the recipient; tells the first health otherwise. */
  async start(): Promise<void> {
    await wrapFileKey(this.#around.recipient);
    const identity = await newIdentity();
    const text = Buffer.from('a recording nobody can read is no recording');
    const again = await decryptBytes(await encryptBytes(text, await recipientOf(identity)), identity);
    if (!again.equals(text)) throw new Error('the encryption self-test failed');
    this.#beat(); // from here on it is judged: one that hung before its first turn would be waited for for ever
    await this.#tellHealth();
  }

  #obey(command: RecorderCommand): void {
    switch (command.do) {
      case 'close':
        return void this.#close();
      case 'silence':
      case 'sound':
        this.#open.get(command.recordingId)?.[command.do](command.sample);
        this.#early.get(command.recordingId)?.push(command);
        return;
      case 'open': {
        this.#early.set(command.recordingId, []);
        const opening = this.#openRecording(command).finally(() => this.#opening.delete(opening));
        this.#opening.add(opening);
      }
    }
  }

  /** A pause was asked for half a second before its sound comes; a thread that stood still for longer finds both waiting, in any order. */
  #obeyWaiting(): void {
    for (let told = receiveMessageOnPort(this.#main); told; told = receiveMessageOnPort(this.#main)) this.#obey(told.message);
  }

  async #openRecording({ recordingId, port, recipient }: Extract<RecorderCommand, { do: 'open' }>): Promise<void> {
    let file: RecordingFile;
    try {
      file = await RecordingFile.create(recordingId, { ...this.#around, recipient });
    } catch (thrown) {
      port.close();
      this.#early.delete(recordingId);
      return this.#tell({ told: 'notOpened', recordingId, why: messageOf(thrown) });
    }
    this.#open.set(recordingId, file);
    for (const mark of this.#early.get(recordingId) ?? []) file[mark.do](mark.sample);
    this.#early.delete(recordingId);
    // Messages sent before this moment wait in the port.
    port.on('message', (message: RecordingMessage) => {
      this.#obeyWaiting();
      file.take(message);
    });
    port.on('close', () => file.abandon('the sender of the audio went away'));
    this.#tell({ told: 'opened', recordingId });
    void file.finished.then((result) => {
      this.#open.delete(recordingId);
      port.close();
      this.#tell({ told: 'finished', recordingId, result });
    });
  }

  async #close(): Promise<void> {
    this.#stopHealth();
    await Promise.all(this.#opening);
    const files = [...this.#open.values()];
    for (const file of files) file.abandon('the recorder was closed during the call');
    await Promise.all(files.map((file) => file.finished));
    this.#stopBeat(); // it is watched while it finishes
    this.#main.close(); // the last thing that keeps the thread alive
  }

  /** No health while the disk hangs: its absence is what the other side judges by. */
  async #tellHealth(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    try {
      const [freeBytes, openFiles, maxFiles] = await Promise.all([
        this.#around.disk.freeBytes(this.#around.dir),
        readdir('/proc/self/fd').then((names) => names.length),
        readMaxFiles(),
      ]);
      this.#tell({ told: 'health', health: { freeBytes, openFiles, maxFiles, fullestQueuePercent: this.#fullestQueuePercent() } });
    } catch (thrown) {
      this.#tell({
        told: 'fault',
        code: 'RECORDER_UNWELL',
        message: messageOf(thrown),
        hint: 'Check the recordings folder.',
        offending: '',
      });
    }
    this.#asking = false;
  }

  #fullestQueuePercent(): number {
    let fullest = 0;
    for (const file of this.#open.values()) fullest = Math.max(fullest, file.queuePercent);
    return fullest;
  }

  #tellFault({ code, message, hint, offending }: KeeplineError): void {
    this.#tell({ told: 'fault', code, message, hint, offending: String(offending ?? '') });
  }

  #tell(report: RecorderReport): void {
    this.#main.postMessage(report);
  }
}

/** Soft limit of file descriptors of this process. */
async function readMaxFiles(): Promise<number> {
  const soft = /^Max open files +(\d+)/m.exec(await readFile('/proc/self/limits', 'utf8'))?.[1];
  return soft === undefined ? Number.MAX_SAFE_INTEGER : Number(soft); // "unlimited"
}

const settings: RecorderSettings = workerData;
if (parentPort) await new RecorderThread(parentPort, settings, systemClock).start();
