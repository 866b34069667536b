/**
 * Carries the audit log to the SIEMs of the site: all entries under the newest checkpoint, then that checkpoint. Each target has a durable
 * cursor of its own, so an outage of one holds up no other and nothing is left out: the log itself is the buffer. At least once: a target
 * whose answer was lost gets the batch again, with the same numbers.
 */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '@keepline/contracts/clock';
import { KeeplineError, messageOf } from '@keepline/contracts/errors';
import { lastCheckpoint } from '../audit/checkpoint-file.ts';
import { EntryReader, type NumberedEntry } from '../audit/entry-reader.ts';
import { replaceFile } from '../audit/new-file.ts';
import type { NoteVerifier } from '../tlog/signed-note.ts';
import { formatLine, formatMessage, type SiemFormat, type SiemRecord } from './formats.ts';
import type { Target } from './target.ts';

export type { SiemRecord } from './formats.ts';

/** Entries of one batch: at most 2 MB of log. */
export const SIEM_BATCH_ENTRIES = 500;
/** Waits after a failure, ms: doubled from the first up to the longest. */
export const BACKOFF_FIRST_MS = 1000;
export const BACKOFF_MAX_MS = 60_000;

export interface NamedTarget {
  /** Names the cursor. */
  readonly name: string;
  readonly format: SiemFormat;
  readonly target: Target;
}

export interface SiemExportOptions {
  /** Folder of the log; cursors lie in `siem/` there. */
  readonly dir: string;
  readonly verifier: NoteVerifier;
  /** Name of this machine in syslog messages. */
  readonly host: string;
  readonly targets: readonly NamedTarget[];
  readonly clock: Pick<Clock, 'after'>;
  readonly onFault: (fault: KeeplineError) => void;
}

export class SiemUnreachable extends KeeplineError {
  constructor(target: string, cause: unknown) {
    super('SIEM_UNREACHABLE', `the SIEM target ${target} did not take a batch: ${messageOf(cause)}`, {
      hint: 'Nothing is lost: the export goes on from its cursor. Look at the receiver, its certificate and the way to it.',
      offending: target,
      cause,
    });
  }
}

export class SiemExport {
  readonly #lanes: readonly Lane[];

  constructor(options: SiemExportOptions) {
    this.#lanes = options.targets.map((target) => new Lane(options, target));
  }

  /** There is a new checkpoint. A target that is in a pause after a failure takes it up after the pause. Returns at once. */
  wake(): void {
    for (const lane of this.#lanes) lane.wake();
  }

  /** Sends one record at once and once, past the cursors: for what the log itself can no longer tell. Failures are told as faults. */
  async tell(record: SiemRecord): Promise<void> {
    await Promise.all(this.#lanes.map((lane) => lane.tell(record)));
  }

  /** Lets what is under way end; the cursors say what comes next. */
  async close(): Promise<void> {
    await Promise.all(this.#lanes.map((lane) => lane.close()));
  }
}

/** The way to one target. */
class Lane {
  readonly #options: SiemExportOptions;
  readonly #to: NamedTarget;
  #working: Promise<void> | undefined;
  #again = false;
  #closed = false;
  #pauseMs = 0;
  #stopPause: (() => void) | undefined;

  constructor(options: SiemExportOptions, to: NamedTarget) {
    this.#options = options;
    this.#to = to;
  }

  wake(): void {
    this.#again = true;
    if (this.#closed || this.#stopPause) return;
    this.#working ??= this.#run().finally(() => (this.#working = undefined));
  }

  async tell(record: SiemRecord): Promise<void> {
    await this.#send([record], `${record.origin}/${record.correlation}`).catch((thrown: unknown) =>
      this.#options.onFault(new SiemUnreachable(this.#to.name, thrown)),
    );
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#stopPause?.();
    await this.#working;
  }

  async #run(): Promise<void> {
    while (this.#again && !this.#closed) {
      this.#again = false;
      try {
        await this.#export();
        this.#pauseMs = 0;
      } catch (thrown) {
        this.#options.onFault(new SiemUnreachable(this.#to.name, thrown));
        this.#pause();
        return;
      }
    }
  }

  #pause(): void {
    this.#pauseMs = Math.min(Math.max(this.#pauseMs * 2, BACKOFF_FIRST_MS), BACKOFF_MAX_MS);
    this.#stopPause = this.#options.clock.after(this.#pauseMs, () => {
      this.#stopPause = undefined;
      this.wake();
    });
  }

  async #export(): Promise<void> {
    const { dir, verifier } = this.#options;
    const head = await lastCheckpoint(dir, verifier);
    let next = await this.#cursor();
    if (!head || next >= head.size) return;
    const reader = await EntryReader.open(dir);
    if (next < reader.first) {
      // Older than the law asks to keep: told, since the target will never have them.
      this.#options.onFault(new SiemUnreachable(this.#to.name, new Error(`entries ${next} to ${reader.first - 1} were pruned`)));
      next = reader.first;
    }
    try {
      while (next < head.size && !this.#closed) {
        const to = Math.min(next + SIEM_BATCH_ENTRIES, head.size);
        const records = (await reader.block(next, to)).map((entry) => recordOf(entry, verifier.name));
        if (to === head.size) {
          const root = Buffer.from(head.root).toString('base64');
          const self = { who: 'audit', role: 'system', from: 'local', object: '', outcome: 'done', correlation: `checkpoint-${head.size}` };
          records.push({
            origin: verifier.name,
            number: head.size,
            time: records.at(-1)?.time ?? '',
            act: 'audit.checkpoint',
            ...self,
            root,
          });
        }
        await this.#send(records, `${verifier.name}/${next}-${to - 1}`);
        await this.#moveTo(to);
        next = to;
      }
    } finally {
      await reader.close();
    }
  }

  async #send(records: readonly SiemRecord[], key: string): Promise<void> {
    const { target, format } = this.#to;
    const form = target.framing === 'messages' ? formatMessage : formatLine;
    const texts = records.map((record) => form(format, record, this.#options.host));
    await target.send({ texts, key, contentType: format === 'ocsf' ? 'application/x-ndjson' : 'text/plain; charset=utf-8' });
  }

  async #cursor(): Promise<number> {
    const text = await readFile(this.#cursorPath(), 'utf8').catch(() => '0\n');
    // A cursor that is spoilt sends all again, which a receiver can tell by the numbers; it never leaves anything out.
    return /^(0|[1-9][0-9]{0,15})\n$/.test(text) ? Number(text) : 0;
  }

  async #moveTo(next: number): Promise<void> {
    await mkdir(join(this.#options.dir, 'siem'), { recursive: true, mode: 0o700 });
    await replaceFile(this.#cursorPath(), `${next}\n`);
  }

  #cursorPath(): string {
    return join(this.#options.dir, 'siem', `${this.#to.name}.cursor`);
  }
}

function recordOf({ number, line }: NumberedEntry, origin: string): SiemRecord {
  const entry: Record<string, unknown> = JSON.parse(line.toString('utf8'));
  const field = (name: string): string => (typeof entry[name] === 'string' ? entry[name] : '');
  return {
    origin,
    number,
    time: field('time'),
    act: field('act'),
    who: field('who'),
    role: field('role'),
    from: field('from'),
    object: field('object'),
    outcome: field('outcome'),
    correlation: field('correlation'),
  };
}
