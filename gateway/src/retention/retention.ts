/**
 * Deletes what has been kept long enough, a bounded number at a time. Order per recording, so that a crash anywhere is finished by the next run:
 * audit intent → row `begun` → files shredded → certificate, ledger row without file, caller forgotten → audit outcome. A legal hold beats it all.
 */
import type { BusinessLine } from '@keepline/contracts/business-lines';
import { BUSINESS_LINES } from '@keepline/contracts/business-lines';
import type { AuditAct } from '@keepline/contracts/audit-acts';
import type { Clock } from '@keepline/contracts/clock';
import { type CallId, newId, type RecordingId } from '@keepline/contracts/ids';
import { certify } from '@keepline/compliance/deletion-certificate';
import type { NoteSigner } from '@keepline/compliance/note';
import { type LineRule, startOfWhatIsOver } from '@keepline/compliance/retention';
import { findRow, type LedgerRow } from '../recording/ledger.ts';
import type { Store } from '../store/store.ts';
import { findCall, forgetCaller } from '../store/tables/calls.ts';
import { forgetInEvents } from '../store/tables/events.ts';
import { holdsInForce, type LegalHold } from '../store/tables/retention.ts';
import { RecordingHeld } from './errors.ts';
import { holdOver } from './held.ts';
import { shredRecording } from './shred.ts';

/** Rows looked at per run beside those deleted: what is under a hold is passed over each time. */
const LOOKED_AT_MAX = 10_000;
const PAGE = 200;

export interface RetentionParts {
  readonly store: Store;
  readonly clock: Pick<Clock, 'now'>;
  readonly site: string;
  /** Folder of the recordings. */
  readonly recordings: string;
  readonly signer: NoteSigner;
  readonly rules: Readonly<Record<BusinessLine, LineRule>>;
  /** Line of a queue; `service` for calls that reached none. */
  readonly lineOf: (queue: string) => BusinessLine | undefined;
  readonly audited: <T>(act: AuditAct, object: string, purpose: string, correlation: string, run: () => Promise<T>) => Promise<T>;
}

/** A recording whose time is over. */
export interface Due {
  readonly id: RecordingId;
  readonly callId: CallId;
  readonly openedAtMs: number;
  readonly line: BusinessLine;
}
export interface RunReport {
  readonly deleted: readonly RecordingId[];
  /** Due, and kept by a hold. */
  readonly held: number;
  /** Calls without a recording whose caller was forgotten. */
  readonly forgotten: number;
}

/** What a run would do, whole: an approval is bound to exactly this. */
export interface Plan {
  readonly due: readonly Due[];
  readonly held: number;
  /** Calls without a recording whose caller is to be forgotten. */
  readonly callers: readonly CallId[];
}

export class Retention {
  readonly #parts: RetentionParts;

  constructor(parts: RetentionParts) {
    this.#parts = parts;
  }

  /** What a run would delete, oldest first, and what a hold keeps. @param atMs what is over at this moment, ms since 1970; not later than now */
  async due(limit: number, atMs = this.#parts.clock.now()): Promise<{ readonly due: Due[]; readonly held: number }> {
    const { read } = this.#parts.store;
    const holds = await holdsInForce(read);
    const due: Due[] = [];
    let held = 0;
    for (const line of BUSINESS_LINES) {
      let after = { openedAtMs: Number.MIN_SAFE_INTEGER, id: '' };
      for (let looked = 0; due.length < limit && looked < LOOKED_AT_MAX; looked += PAGE) {
        const page = await this.#page(line, after, atMs);
        for (const one of page) {
          if (due.length === limit) break;
          if (await this.#hold(holds, one.id, one.callId)) held++;
          else due.push(one);
        }
        const last = page.at(-1);
        if (!last || page.length < PAGE) break;
        after = last;
      }
    }
    return { due, held };
  }

  /** At most `limit` recordings and as many callers, in the order a run takes them. */
  async plan(limit: number, atMs = this.#parts.clock.now()): Promise<Plan> {
    return { ...(await this.due(limit, atMs)), callers: await this.#callersOver(limit, atMs) };
  }

  /** Finishes what a run before began, then does what was planned. @throws RecordingHeld for what came under a hold since */
  async run(limit: number, planned?: Plan): Promise<RunReport> {
    const { store } = this.#parts;
    const deleted: RecordingId[] = [];
    const begun = await store.read.all<{ id: RecordingId; line: string; why: string }>(
      'SELECT recording_id AS id, line, why FROM recording_deletions WHERE certificate IS NULL LIMIT ?',
      limit,
    );
    for (const { id, line, why } of begun) {
      const row = await findRow(store.read, id);
      if (row) await this.#destroy(row, line, why);
      deleted.push(id);
    }
    const { due, held, callers } = planned ?? (await this.plan(limit));
    for (const { id, line } of due) {
      if (deleted.includes(id)) continue;
      await this.delete(id, `retention ${line} ${this.#parts.rules[line].months} months`);
      deleted.push(id);
    }
    return { deleted, held, forgotten: await this.#forgetCallers(callers) };
  }

  /** Deletes one recording whatever its age: the caller has looked at the law. @throws RecordingHeld */
  async delete(id: RecordingId, why: string): Promise<void> {
    const { store } = this.#parts;
    const row = await findRow(store.read, id);
    if (!row) return;
    const hold = await this.#hold(await holdsInForce(store.read), id, row.callId);
    if (hold) throw new RecordingHeld(id, hold.id);
    const call = await findCall(store.read, row.callId);
    await this.#destroy(row, this.#parts.lineOf(call?.queue ?? '') ?? 'unknown', why);
  }

  async #destroy(row: LedgerRow, line: string, why: string): Promise<void> {
    const { store, clock, recordings, audited, signer, site } = this.#parts;
    const correlation = newId('act', clock.now());
    await audited('recording.delete', row.id, why, correlation, async () => {
      const begin = 'INSERT OR IGNORE INTO recording_deletions (recording_id, begun_at_ms, line, why) VALUES (?, ?, ?, ?)';
      await store.write((tx) => tx.run(begin, row.id, clock.now(), line, why));
      await shredRecording(recordings, row.id);
      const { id: recordingId, callId, openedAtMs: recordedMs } = row;
      const facts = { site, recordingId, callId, recordedMs, deletedMs: clock.now(), sha256: row.sha256 ?? '', bytes: row.bytes ?? 0 };
      const certificate = certify({ ...facts, line, why, correlation }, signer);
      await store.write(async (tx) => {
        await tx.run('UPDATE recording_deletions SET certificate = ? WHERE recording_id = ?', certificate, recordingId);
        await tx.run('UPDATE recordings SET file = NULL, why = ? WHERE id = ?', `deleted: ${why}`, recordingId);
        // a call may have two recordings: its caller is forgotten with the last
        const left = await tx.get('SELECT id FROM recordings WHERE call_id = ? AND file IS NOT NULL', callId);
        if (left) return;
        await forgetCaller(tx, callId);
        await forgetInEvents(tx, callId);
      });
    });
  }

  async #hold(holds: readonly LegalHold[], recordingId: string, callId: string): Promise<LegalHold | undefined> {
    if (holds.length === 0) return undefined;
    const call = await findCall(this.#parts.store.read, callId);
    return holdOver(holds, { recordingId, callId, callerNumber: call?.callerNumber ?? '', dialledNumber: call?.dialledNumber ?? '' });
  }

  async #page(line: BusinessLine, after: { readonly openedAtMs: number; readonly id: string }, atMs: number): Promise<Due[]> {
    const { store, rules } = this.#parts;
    const start = startOfWhatIsOver(rules[line], atMs);
    const counts = rules[line].from === 'recording' ? 'r.opened_at_ms' : 'e.ended_at_ms'; // no end told: null, so never due
    const rows = await store.read.all<{ id: RecordingId; callId: CallId; openedAtMs: number; queue: string }>(
      `SELECT r.id, r.call_id AS callId, r.opened_at_ms AS openedAtMs, coalesce(c.queue, '') AS queue
       FROM recordings r LEFT JOIN calls c ON c.id = r.call_id LEFT JOIN contract_ends e ON e.call_id = r.call_id
       WHERE r.state <> 'open' AND r.file IS NOT NULL AND ${counts} <= ? AND (r.opened_at_ms, r.id) > (?, ?)
       AND coalesce(c.queue, '') IN (SELECT value FROM json_each(?))
       ORDER BY r.opened_at_ms, r.id LIMIT ${PAGE}`,
      ...[start, after.openedAtMs, after.id, JSON.stringify(await this.#queuesOf(line))],
    );
    return rows.map(({ id, callId, openedAtMs }) => ({ id, callId, openedAtMs, line }));
  }

  /** Queues that calls have named, so that one that left the site file is seen too: its line is unknown and its recordings stay. */
  async #queuesOf(line: BusinessLine): Promise<string[]> {
    const rows = await this.#parts.store.read.all<{ queue: string }>(`SELECT DISTINCT coalesce(queue, '') AS queue FROM calls`);
    const queues = new Set(['', ...rows.map(({ queue }) => queue)]);
    return [...queues].filter((queue) => this.#parts.lineOf(queue) === line);
  }

  async #callersOver(limit: number, atMs: number): Promise<CallId[]> {
    const { store, rules } = this.#parts;
    const holds = await holdsInForce(store.read);
    const over: CallId[] = [];
    for (const line of BUSINESS_LINES) {
      if (rules[line].from !== 'recording') continue;
      const rows = await store.read.all<{ id: CallId }>(
        `SELECT c.id FROM calls c WHERE c.started_at_ms <= ? AND (c.caller_index IS NOT NULL OR c.note IS NOT NULL) AND c.ended_at_ms IS NOT NULL
         AND coalesce(c.queue, '') IN (SELECT value FROM json_each(?))
         AND NOT EXISTS (SELECT 1 FROM recordings r WHERE r.call_id = c.id AND r.file IS NOT NULL) ORDER BY c.started_at_ms LIMIT ?`,
        ...[startOfWhatIsOver(rules[line], atMs), JSON.stringify(await this.#queuesOf(line)), LOOKED_AT_MAX],
      );
      for (const { id } of rows) if (over.length < limit && !(await this.#hold(holds, '', id))) over.push(id);
    }
    return over;
  }

  async #forgetCallers(over: readonly CallId[]): Promise<number> {
    const { store, clock, audited } = this.#parts;
    if (over.length === 0) return 0;
    await audited('customer.forget', `calls:${over.length}`, 'retention', newId('act', clock.now()), async () => {
      for (const id of over)
        await store.write(async (tx) => {
          await forgetCaller(tx, id);
          await forgetInEvents(tx, id);
        });
    });
    return over.length;
  }
}
