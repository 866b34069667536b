/**
 * Requests of a customer about personal information (PIPL art. 45 and 47): what there is under a number, a copy of it sealed to somebody, and its
 * deletion as far as law and legal holds allow. What is kept is named with the reason.
 */
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { AgeSealer, CHUNK_BYTES, encryptBytes } from '@keepline/compliance/age';
import { addMonths } from '@keepline/compliance/retention';
import { findFinished } from '../recording/export-recording.ts';
import type { LedgerRow } from '../recording/ledger.ts';
import { openPlayback } from '../recording/playback.ts';
import { type CallRow, callsOfNumber, forgetCaller } from '../store/tables/calls.ts';
import { type Callback, callbacksOfNumber, closeCallback } from '../store/tables/callbacks.ts';
import { forgetInEvents, openPersonal } from '../store/tables/events.ts';
import { holdsInForce } from '../store/tables/retention.ts';
import type { Console } from './console.ts';
import { holdOver } from './held.ts';

/** Calls looked at for one request; more are told to be there. */
export const CALLS_MAX = 10_000;

export interface Found {
  readonly calls: readonly CallRow[];
  readonly recordings: readonly LedgerRow[];
  /** Calls still owed to the number. */
  readonly callbacks: readonly Callback[];
}
export interface Kept {
  readonly callId: string;
  readonly recordingId: string;
  /** `hold …` or the rule with the day it ends. */
  readonly why: string;
}

export async function findCustomer({ store }: Pick<Console, 'store'>, number: string): Promise<Found> {
  const calls = await callsOfNumber(store.read, number, CALLS_MAX);
  const recordings: LedgerRow[] = [];
  for (const { id } of calls)
    recordings.push(
      ...(await store.read.all<LedgerRow>(
        `SELECT id, call_id AS callId, agent_id AS agentId, opened_at_ms AS openedAtMs, closed_at_ms AS closedAtMs, state, file, samples,
         duration_ms AS durationMs, bytes, sha256, why, source, source_session AS sourceSession FROM recordings WHERE call_id = ? ORDER BY id`,
        id,
      )),
    );
  return { calls, recordings, callbacks: await callbacksOfNumber(store.read, number) };
}

/** Writes `customer.json.age` and one `ID.wav.age` per recording into an empty folder, all sealed to `recipient`. @returns the names */
export async function exportCustomer(from: Console, found: Found, recipient: string, folder: string): Promise<string[]> {
  const { store, keys, recordings } = from;
  const events: unknown[] = [];
  for (const { id } of found.calls) {
    const rows = await store.read.all<{ id: string; type: string; timeMs: number; data: string }>(
      'SELECT id, type, time_ms AS timeMs, data FROM event_log WHERE call_id = ? ORDER BY number',
      id,
    );
    for (const row of rows) events.push({ ...row, data: JSON.parse(await openPersonal(store.read.columns, row.id, row.type, row.data)) });
  }
  const json = Buffer.from(
    `${JSON.stringify({ calls: found.calls, recordings: found.recordings, callbacks: found.callbacks, events }, null, 2)}\n`,
  );
  const names = ['customer.json.age'];
  await writeNew(join(folder, 'customer.json.age'), [await encryptBytes(json, recipient)]);
  for (const { id, file } of found.recordings) {
    if (file === null) continue;
    const { known } = await findFinished(store.read, recordings, id);
    const source = await openPlayback(recordings, known, await keys.recordingIdentity());
    try {
      await writeNew(join(folder, `${id}.wav.age`), sealedAnew(source, recipient));
    } finally {
      await source.close();
    }
    names.push(`${id}.wav.age`);
  }
  return names;
}

/** Deletes what may go, forgets the caller of what is left of it. @returns what stays, and why */
export async function deleteCustomer(
  from: Console,
  found: Found,
  why: string,
  nowMs: number,
): Promise<{ deleted: string[]; kept: Kept[] }> {
  const { store, retention, rules, lineOf } = from;
  const holds = await holdsInForce(store.read);
  const deleted: string[] = [];
  const kept: Kept[] = [];
  for (const { id, callId, number } of found.callbacks) {
    const hold = holdOver(holds, { recordingId: '', callId, callerNumber: number, dialledNumber: '' });
    if (hold) kept.push({ callId, recordingId: '', why: `hold ${hold.id}` });
    else await store.write((tx) => closeCallback(tx, id, 'forgotten', nowMs));
  }
  for (const call of found.calls) {
    const own = found.recordings.filter(({ callId, file }) => callId === call.id && file !== null);
    const facts = { callId: call.id, callerNumber: call.callerNumber, dialledNumber: call.dialledNumber };
    const hold = holdOver(holds, { ...facts, recordingId: '' });
    for (const { id, openedAtMs, state } of own) {
      const end = await store.read.get<{ atMs: number }>('SELECT ended_at_ms AS atMs FROM contract_ends WHERE call_id = ?', call.id);
      const held = hold ?? holdOver(holds, { ...facts, recordingId: id });
      const reason = held
        ? `hold ${held.id}`
        : state === 'open'
          ? 'the call goes on'
          : lawOver(rules, lineOf(call.queue ?? ''), openedAtMs, end?.atMs, nowMs);
      if (reason !== undefined) kept.push({ callId: call.id, recordingId: id, why: reason });
      else {
        await retention.delete(id, why);
        deleted.push(id);
      }
    }
    if (hold && own.length === 0) kept.push({ callId: call.id, recordingId: '', why: `hold ${hold.id}` });
    if (kept.some(({ callId }) => callId === call.id)) continue;
    await store.write(async (tx) => {
      await forgetCaller(tx, call.id);
      await forgetInEvents(tx, call.id);
    });
  }
  return { deleted, kept };
}

/** The law that keeps a recording; undefined when none does. A line that is not known is kept: somebody has to say what it was. */
function lawOver(
  rules: Console['rules'],
  line: ReturnType<Console['lineOf']>,
  openedAtMs: number,
  contractEndedMs: number | undefined,
  nowMs: number,
): string | undefined {
  if (line === undefined) return 'its queue is not in site.yaml: name its line of business';
  const rule = rules[line];
  if (!rule.byLaw) return undefined;
  const start = rule.from === 'recording' ? openedAtMs : contractEndedMs;
  if (start === undefined) return `${line}: its contract has not ended (${rule.en})`;
  const endMs = addMonths(start, rule.months);
  return endMs <= nowMs ? undefined : `${line}: until ${new Date(endMs).toISOString().slice(0, 10)} (${rule.en})`;
}

async function* sealedAnew(source: Awaited<ReturnType<typeof openPlayback>>, recipient: string): AsyncGenerator<Buffer> {
  const sealer = await AgeSealer.to(recipient);
  yield sealer.prefix;
  const lastIndex = Math.ceil(source.size / CHUNK_BYTES) - 1;
  let index = 0;
  for await (const chunk of source.chunks()) yield sealer.seal(index, index++ === lastIndex, chunk);
}

async function writeNew(path: string, parts: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    for await (const part of parts) await file.writeFile(part);
    await file.sync();
  } finally {
    await file.close();
  }
}
