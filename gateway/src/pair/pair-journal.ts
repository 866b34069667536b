/**
 * Orders and takeovers on their way into the audit log: an appliance that stands by has no log of its own, its copy is the peer's. So they are
 * durable here before they take effect, and are written into the log as soon as this appliance serves.
 */
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { audited } from '@keepline/compliance/audited';
import { openSiteConsole } from '@keepline/compliance/console';
import type { AuditAct } from '@keepline/contracts/audit-acts';
import { newId } from '@keepline/contracts/ids';

export interface JournalEntry {
  readonly act: Extract<AuditAct, `pair.${string}`>;
  readonly who: string;
  readonly role: string;
  readonly from: string;
  readonly object: string;
  readonly purpose: string;
}
/** Entries that may wait: takeovers of an appliance that never serves for long; what comes after is in the journal of the system only. */
const WAITING_MAX = 200;

/** None for a line that broke off: what it stood for did not take effect. */
function entryIn(line: string): JournalEntry[] {
  try {
    return [JSON.parse(line) as JournalEntry]; // parse boundary: we wrote it
  } catch {
    return [];
  }
}

export class PairJournal {
  readonly #path: string;
  readonly #data: string;

  constructor(work: string, data: string) {
    this.#path = join(work, 'orders.jsonl');
    this.#data = data;
  }

  get waiting(): readonly JournalEntry[] {
    if (!existsSync(this.#path)) return [];
    return readFileSync(this.#path, 'utf8').split('\n').flatMap(entryIn);
  }

  /** Durable when it returns; false when too many wait. */
  note(entry: JournalEntry): boolean {
    if (this.waiting.length >= WAITING_MAX) return false;
    const file = openSync(this.#path, 'a', 0o600);
    writeSync(file, `\n${JSON.stringify(entry)}\n`); // a line that broke off before stays a line of its own
    fsyncSync(file);
    closeSync(file);
    return true;
  }

  /** Writes what waits into the log of the site that is served here. Killed in between, it is told twice rather than never. */
  async tell(nowMs: number): Promise<void> {
    const entries = this.waiting;
    if (entries.length === 0) return;
    const { log, close } = await openSiteConsole(this.#data);
    try {
      for (const { act, ...context } of entries) await audited(log, act, { ...context, correlation: newId('act', nowMs) }, async () => {});
      if (this.waiting.length === entries.length) rmSync(this.#path);
    } finally {
      await close();
    }
  }
}
