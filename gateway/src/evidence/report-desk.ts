/**
 * Reports made at the wish of somebody at the door: one at a time, each in a process of its own (`report-cli.ts`), because laying out a PDF or
 * judging the evidence takes seconds of CPU that calls must not wait for. What was made lies in `DIR/reports`, signed, until newer ones need
 * its place.
 */
import { spawn } from 'node:child_process';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { setPriority } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { coverage } from '@keepline/compliance/mlps-judge';
import { NOTE_EXTENSION } from '@keepline/compliance/report-signature';
import type { Clock } from '@keepline/contracts/clock';
import { isId, newId } from '@keepline/contracts/ids';
import { type ReportCoverage, type ReportOrder, ReportRun } from '@keepline/contracts/reports';
import { Value } from 'typebox/value';
import type { Actor, Audited } from '../identity/identity-store.ts';
import { ReportBusy, ReportFailed, ReportFileUnknown } from './errors.ts';
import { newestEvidence } from './reports.ts';

const COMMAND = fileURLToPath(new URL('../report-cli.ts', import.meta.url));
const FOLDER = 'reports';
const RUN_FILE = 'run.json';
/** Reports that are kept; the oldest goes first. The audit log knows them all. */
export const KEPT_MAX = 50;
/** A report that is not made by then is given up, ms: the largest is promised within 60 s on an idle machine. */
const RUN_MAX_MS = 180_000;
const SAID_MAX_CHARS = 2000;
/** Calls come first. */
const NICENESS = 10;

export interface ReportDeskParts {
  /** The data folder, absolute. */
  readonly data: string;
  /** As the gateway was given it. */
  readonly siteFile: string | undefined;
  readonly audited: Audited;
  readonly clock: Pick<Clock, 'now' | 'after'>;
  readonly onFault: (fault: unknown) => void;
}

export class ReportDesk {
  readonly #parts: ReportDeskParts;
  readonly #end = new AbortController();
  #running: ReportRun | undefined;
  #work: Promise<void> = Promise.resolve();

  constructor(parts: ReportDeskParts) {
    this.#parts = parts;
  }

  /** What the newest evidence shows. @throws KeeplineError EVIDENCE_ABSENT, EVIDENCE_INVALID */
  async coverage(): Promise<ReportCoverage> {
    const { facts, results } = await newestEvidence(this.#parts.data);
    return { takenAt: facts.takenAt, ...coverage(results) };
  }

  /**
   * Begins a report; resolves when the intent is durable in the audit log, long before the report is there.
   * @throws ReportBusy, AuditRefused
   */
  async begin(actor: Actor, order: ReportOrder): Promise<ReportRun> {
    if (this.#running || this.#end.signal.aborted) throw new ReportBusy();
    const { audited, clock, onFault } = this.#parts;
    const { purpose, ...wish } = order;
    const startedAtMs = clock.now();
    const run: ReportRun = {
      id: newId('rpt', startedAtMs),
      ...wish,
      by: actor.who,
      startedAtMs,
      endedAtMs: 0,
      state: 'running',
      fault: '',
      files: [],
    };
    this.#running = run;
    const begun = Promise.withResolvers<void>();
    const context = { ...actor, object: `${wish.kind}:${wish.form}:${wish.from}..${wish.to}`, purpose, correlation: run.id };
    this.#work = audited('report.make', context, async () => {
      begun.resolve();
      await this.#make(run);
    })
      .catch((fault: unknown) => {
        begun.reject(fault); // no more than a word when it has begun: then the run itself tells
        if (!(fault instanceof ReportFailed)) onFault(fault);
      })
      .finally(() => (this.#running = undefined));
    await begun.promise;
    return run;
  }

  /** The newest first, the one under way among them. */
  async list(): Promise<ReportRun[]> {
    const names = await this.#names();
    const kept = await Promise.all(names.toReversed().map((name) => this.#read(name)));
    return [...(this.#running ? [this.#running] : []), ...kept.filter((run) => run !== undefined)];
  }

  /** One file of a report, or its signature. @throws ReportFileUnknown */
  async file(id: string, name: string): Promise<Buffer> {
    const run = isId('rpt', id) ? await this.#read(id) : undefined;
    if (!run?.files.some((file) => file.name === name)) throw new ReportFileUnknown();
    const folder = join(this.#parts.data, FOLDER, id);
    const inFolder = run.form === 'oscal' && !name.endsWith(NOTE_EXTENSION);
    return readFile(inFolder ? join(folder, nameOf(run), name) : join(folder, name));
  }

  /** Ends the process that is at work; its report is none. */
  async close(): Promise<void> {
    this.#end.abort();
    await this.#work;
  }

  /** @throws ReportFailed */
  async #make(run: ReportRun): Promise<void> {
    const folder = join(this.#parts.data, FOLDER, run.id);
    await this.#makeRoom();
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const out = join(folder, nameOf(run));
    const fault = await this.#spawn(run, out);
    const files = fault === '' ? await this.#filesOf(run, out) : [];
    const ended: ReportRun = { ...run, endedAtMs: this.#parts.clock.now(), state: fault === '' ? 'done' : 'failed', fault, files };
    await writeFile(join(folder, `${RUN_FILE}.new`), JSON.stringify(ended), { mode: 0o600, flush: true });
    await rename(join(folder, `${RUN_FILE}.new`), join(folder, RUN_FILE));
    if (fault !== '') throw new ReportFailed(fault);
  }

  /** @returns '' or the code of what went wrong */
  #spawn({ id, kind, form, language, from, to }: ReportRun, out: string): Promise<string> {
    const { data, siteFile, clock } = this.#parts;
    const given = ['--from', from, '--to', to, '--format', form, '--lang', language, '--out', out, '--data', data, '--json'];
    const site = siteFile === undefined ? [] : ['--site', siteFile];
    const child = spawn(process.execPath, [COMMAND, kind, ...given, ...site, '--purpose', `for ${id}`], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    try {
      if (child.pid !== undefined) setPriority(child.pid, NICENESS);
    } catch {
      // it ended before it could be told to wait for others
    }
    let said = '';
    child.stderr.on('data', (piece: Buffer) => (said = `${said}${piece.toString()}`.slice(-SAID_MAX_CHARS)));
    let why = '';
    const kill = (): void => void child.kill('SIGKILL');
    const disarm = clock.after(RUN_MAX_MS, () => {
      why = 'REPORT_TOO_SLOW';
      kill();
    });
    this.#end.signal.addEventListener('abort', kill);
    return new Promise((resolve) => {
      const over = (code: number | null): void => {
        disarm();
        this.#end.signal.removeEventListener('abort', kill);
        resolve(code === 0 ? '' : why || (/^([A-Z][A-Z0-9_]+): /m.exec(said)?.[1] ?? 'REPORT_ENDED'));
      };
      child.once('error', () => over(null));
      child.once('close', over);
    });
  }

  async #filesOf(run: ReportRun, out: string): Promise<ReportRun['files']> {
    const note = `${nameOf(run)}${NOTE_EXTENSION}`;
    const signed = await readFile(`${out}${NOTE_EXTENSION}`, 'utf8');
    const files = [...signed.matchAll(/^file ([0-9a-f]{64}) (\d+) (.+)$/gm)].map(([, sha256 = '', bytes = '', name = '']) => ({
      name,
      bytes: Number(bytes),
      sha256,
    }));
    return [...files, { name: note, bytes: (await stat(`${out}${NOTE_EXTENSION}`)).size, sha256: '' }];
  }

  /** Names of kept reports, oldest first: an id begins with its time. */
  async #names(): Promise<string[]> {
    const names = await readdir(join(this.#parts.data, FOLDER)).catch(() => []);
    return names.filter((name) => isId('rpt', name) && name !== this.#running?.id).toSorted();
  }

  async #read(id: string): Promise<ReportRun | undefined> {
    try {
      return Value.Parse(ReportRun, JSON.parse(await readFile(join(this.#parts.data, FOLDER, id, RUN_FILE), 'utf8')));
    } catch {
      return undefined; // cut short by the end of a process: there is no report in it
    }
  }

  async #makeRoom(): Promise<void> {
    const names = await this.#names();
    const over = new Set(names.slice(0, Math.max(0, names.length - KEPT_MAX + 1)));
    for (const name of names)
      if (over.has(name) || !(await this.#read(name))) await rm(join(this.#parts.data, FOLDER, name), { recursive: true, force: true });
  }
}

/** Of the file, or the folder for OSCAL. */
const nameOf = ({ kind, form, from, to }: ReportRun): string => `${kind}-${from}-${to}.${form}`;
