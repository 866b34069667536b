import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { decryptBytes, encryptBytes, headerLength, newIdentity, recipientOf } from '@keepline/compliance/age';
import { canonicalNumber } from '@keepline/compliance/numbers';
import { factsOf } from '@keepline/compliance/deletion-certificate';
import { newNoteKey, signerFrom } from '@keepline/compliance/note';
import { addMonths, rulesWith } from '@keepline/compliance/retention';
import type { BusinessLine } from '@keepline/contracts/business-lines';
import { type CallId, newId, type RecordingId } from '@keepline/contracts/ids';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { type TempDir, tempDir } from '@keepline/testkit/temp-dir';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findRow } from '../recording/ledger.ts';
import { Store } from '../store/store.ts';
import { allTables } from '../store/tables/all.ts';
import { callsOfNumber, findCall, openCall, updateCall } from '../store/tables/calls.ts';
import { placeHold, releaseHold } from '../store/tables/retention.ts';
import { columnsOfTest } from '../store/testing/columns.ts';
import { Retention } from './retention.ts';
import { shredRecording } from './shred.ts';

const MOBILE = '13812345678';
const clock = new FakeClock(Date.UTC(2030, 0, 31, 12));
const signer = signerFrom(newNoteKey('keepline/demo/audit'));
const LINES: Readonly<Record<string, BusinessLine>> = { '': 'service', service: 'service', collection: 'collection', sales: 'bank_sale' };

let folder: TempDir;
let store: Store;
let recordings = '';
let identity = '';
let recipient = '';
let acts: string[] = [];

const retention = (months: ReadonlyArray<{ line: BusinessLine; months: number }> = []) =>
  new Retention({
    ...{ store, clock, site: 'demo', recordings, signer, rules: rulesWith(months) },
    lineOf: (queue) => LINES[queue],
    async audited(act, object, _purpose, _correlation, run) {
      acts.push(`${act} ${object}`);
      return run();
    },
  });

async function recorded(
  openedAtMs: number,
  queue = 'service',
  callerNumber = MOBILE,
): Promise<{ id: RecordingId; callId: CallId; text: Buffer }> {
  const [id, callId] = [newId('rec', openedAtMs), newId('call', openedAtMs)];
  const text = randomBytes(200_000);
  const sealed = await encryptBytes(text, recipient);
  writeFileSync(join(recordings, `${id}.wav.age`), sealed);
  const sha256 = createHash('sha256').update(sealed).digest('hex');
  await store.write(async (tx) => {
    await openCall(tx, { id: callId, trunk: 'local', callerNumber, callerName: '张伟', dialledNumber: '95588', startedAtMs: openedAtMs });
    await updateCall(tx, callId, { queue, endedAtMs: openedAtMs + 1, note: '请回电' });
    await tx.run(
      `INSERT INTO recordings (id, call_id, agent_id, opened_at_ms, closed_at_ms, state, file, bytes, sha256) VALUES (?, ?, 'a', ?, ?, 'complete', ?, ?, ?)`,
      ...[id, callId, openedAtMs, openedAtMs + 1, `${id}.wav.age`, sealed.length, sha256],
    );
  });
  return { id, callId, text };
}
const isThere = (id: string): boolean => existsSync(join(recordings, `${id}.wav.age`));
const yearsAgo = (years: number): number => addMonths(clock.now(), -12 * years) - 86_400_000;

beforeEach(async () => {
  folder = tempDir();
  recordings = join(folder.path, 'recordings');
  await mkdir(recordings);
  store = await Store.open(join(folder.path, 'main.db'), allTables, { columns: await columnsOfTest() });
  identity = await newIdentity();
  recipient = await recipientOf(identity);
  acts = [];
});
afterEach(async () => {
  await store.close();
  folder.remove();
});

describe('a retention run', () => {
  it('deletes what is over and nothing younger, by line, oldest first, and forgets the caller', async () => {
    const young = await recorded(yearsAgo(1));
    const old = await recorded(yearsAgo(3));
    const older = await recorded(yearsAgo(4), 'collection');
    const sale = await recorded(yearsAgo(9), 'sales'); // nobody said that its contract ended
    const ofNoQueue = await recorded(yearsAgo(8), 'a-queue-that-is-gone');
    expect(await retention().run(100)).toEqual({ deleted: [old.id, older.id], held: 0, forgotten: 0 });
    expect([young, old, older, sale, ofNoQueue].map(({ id }) => isThere(id))).toEqual([true, false, false, true, true]);
    expect(await findCall(store.read, old.callId)).toMatchObject({ callerNumber: '', callerName: '', note: null });
    expect((await callsOfNumber(store.read, MOBILE, 10)).map(({ id }) => id)).toEqual([sale.callId, ofNoQueue.callId, young.callId]);
    expect(await findRow(store.read, old.id)).toMatchObject({ state: 'complete', file: null, why: 'deleted: retention service 24 months' });
    expect(acts).toEqual([`recording.delete ${old.id}`, `recording.delete ${older.id}`]);
    expect(await retention().run(100)).toEqual({ deleted: [], held: 0, forgotten: 0 });
  });

  it('counts a sale from the end of its contract', async () => {
    const sale = await recorded(yearsAgo(9), 'sales');
    const ended = (atMs: number) =>
      store.write((tx) => tx.run(`INSERT OR REPLACE INTO contract_ends VALUES (?, ?, 'os:test')`, sale.callId, atMs));
    await ended(addMonths(clock.now(), -5));
    expect((await retention().run(9)).deleted).toEqual([]);
    await ended(addMonths(clock.now(), -7));
    expect((await retention().run(9)).deleted).toEqual([sale.id]);
  });

  it('is bounded, and the next one goes on', async () => {
    const all = [await recorded(yearsAgo(5)), await recorded(yearsAgo(4)), await recorded(yearsAgo(3))].map(({ id }) => id);
    expect((await retention().run(2)).deleted).toEqual(all.slice(0, 2));
    expect((await retention().run(2)).deleted).toEqual(all.slice(2));
  });

  it('leaves what a legal hold covers, whether by recording, call or number, until it is released', async () => {
    const [one, two, three, free] = [
      await recorded(yearsAgo(5), 'service', '02112345678'),
      await recorded(yearsAgo(5), 'service', '02112345679'),
      await recorded(yearsAgo(5), 'service', `+86${MOBILE}`),
      await recorded(yearsAgo(5), 'service', '02112345670'),
    ];
    const holds = [
      { id: 'hold-1', kind: 'recording', object: one.id },
      { id: 'hold-2', kind: 'call', object: two.callId },
      { id: 'hold-3', kind: 'number', object: MOBILE },
    ] as const;
    const more = { reason: 'case 7', placedBy: 'os:test', placedAtMs: clock.now() };
    for (const hold of holds) await store.write((tx) => placeHold(tx, { ...hold, ...more }));
    expect(readFileSync(join(folder.path, 'main.db-wal')).includes(MOBILE)).toBe(false);
    expect(await retention().run(9)).toEqual({ deleted: [free.id], held: 3, forgotten: 0 });
    await expect(retention().delete(three.id, 'asked')).rejects.toMatchObject({ code: 'RECORDING_HELD' });
    expect([one, two, three].every(({ id }) => isThere(id))).toBe(true);
    expect(await store.write((tx) => releaseHold(tx, 'hold-3', 'os:test', clock.now()))).toBe(true);
    expect((await retention().run(9)).deleted).toEqual([three.id]);
  });

  it('never deletes what any hold covers, whatever lies under whatever hold, and deletes everything else that is over', async () => {
    const numbers = ['13812345678', '+8613812345678', '02112345670', '13900000000'];
    const made = fc.record({ number: fc.constantFrom(...numbers), years: fc.integer({ min: 0, max: 6 }) });
    const held = fc.record({ kind: fc.constantFrom('recording', 'call', 'number'), of: fc.nat(5), released: fc.boolean() } as const);
    let round = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(made, { minLength: 1, maxLength: 6 }), fc.array(held, { maxLength: 4 }), async (calls, holds) => {
        round++;
        await store.write((tx) => tx.run('DELETE FROM legal_holds'));
        const taped: Array<Awaited<ReturnType<typeof recorded>> & { readonly number: string; readonly years: number }> = [];
        for (const { number, years } of calls) taped.push({ ...(await recorded(yearsAgo(years), 'service', number)), number, years });
        const placed: Array<{ kind: string; object: string }> = [];
        for (const [i, { kind, of, released }] of holds.entries()) {
          const one = taped[of % taped.length];
          if (!one) throw new Error('one was made at least');
          const object = { recording: one.id, call: one.callId, number: canonicalNumber(one.number) }[kind];
          const id = `hold-${round}-${i}`;
          await store.write((tx) => placeHold(tx, { id, kind, object, reason: 'r', placedBy: 'os:test', placedAtMs: 1 }));
          if (released) await store.write((tx) => releaseHold(tx, id, 'os:test', 2));
          else placed.push({ kind, object });
        }
        const isHeld = ({ id, callId, number }: (typeof taped)[number]): boolean =>
          placed.some(({ object }) => [id, callId, canonicalNumber(number)].includes(object));
        const over = taped.filter(({ years }) => years >= 2);
        const { deleted, held: kept } = await retention().run(100);
        expect(deleted.toSorted()).toEqual(
          over
            .filter((one) => !isHeld(one))
            .map(({ id }) => id)
            .toSorted(),
        );
        expect(kept).toBe(over.filter(isHeld).length);
        for (const one of taped.filter(isHeld)) {
          expect(isThere(one.id)).toBe(true);
          await expect(retention().delete(one.id, 'asked for')).rejects.toMatchObject({ code: 'RECORDING_HELD' });
          expect(await findCall(store.read, one.callId), 'nor is its caller forgotten').toMatchObject({ callerNumber: one.number });
        }
        // the next round begins with an empty house
        await store.write((tx) => tx.run('DELETE FROM recordings'));
        await store.write((tx) => tx.run('DELETE FROM calls'));
      }),
      { numRuns: 15 },
    );
  }, 60_000);

  it('forgets the caller of an old call that has no recording', async () => {
    const { id, callId } = await recorded(yearsAgo(3));
    await store.write((tx) => tx.run('DELETE FROM recordings WHERE id = ?', id));
    expect((await retention().run(9)).forgotten).toBe(1);
    expect(await callsOfNumber(store.read, MOBILE, 9)).toEqual([]);
    expect(await findCall(store.read, callId)).toMatchObject({ queue: 'service', note: null });
    expect(acts).toEqual(['customer.forget calls:1']);
  });

  it('does what was planned at its moment and no more, though more is over meanwhile, and stops at a hold placed since', async () => {
    const [first, second] = [await recorded(yearsAgo(4)), await recorded(yearsAgo(3))];
    const plan = await retention().plan(9, addMonths(clock.now(), -18));
    expect(plan.due.map(({ id }) => id)).toEqual([first.id]);
    expect((await retention().run(9, plan)).deleted).toEqual([first.id]);
    expect(isThere(second.id)).toBe(true);
    const next = await retention().plan(9);
    const held = { id: 'hold-1', kind: 'recording', object: second.id, reason: 'case 7', placedBy: 'os:test', placedAtMs: 1 } as const;
    await store.write((tx) => placeHold(tx, held));
    await expect(retention().run(9, next)).rejects.toMatchObject({ code: 'RECORDING_HELD' });
    expect(isThere(second.id)).toBe(true);
  });

  it('finishes what a crash left half done, and certifies it', async () => {
    const { id } = await recorded(yearsAgo(3));
    await store.write((tx) =>
      tx.run(`INSERT INTO recording_deletions (recording_id, begun_at_ms, line, why) VALUES (?, 1, 'service', 'w')`, id),
    );
    await shredRecording(recordings, id); // killed here
    expect((await retention().run(9)).deleted).toEqual([id]);
    const row = await store.read.get<{ certificate: string }>('SELECT certificate FROM recording_deletions WHERE recording_id = ?', id);
    const facts = factsOf(row?.certificate ?? '', signer.verifierKey);
    expect(facts.get('recording')).toBe(id);
    expect(facts.get('sha256')).toMatch(/^[0-9a-f]{64}$/);
    expect(facts.get('audit')).toMatch(/^act-/);
  });
});

describe('shredding', () => {
  it('leaves bytes that the identity does not open, even in a copy made just before the name went', async () => {
    const { id, text } = await recorded(yearsAgo(3));
    const path = join(recordings, `${id}.wav.age`);
    const whole = readFileSync(path);
    expect((await decryptBytes(whole, identity)).equals(text)).toBe(true);
    const { linkSync } = await import('node:fs');
    linkSync(path, join(folder.path, 'still-there')); // another name of the same blocks
    expect(await shredRecording(recordings, id)).toEqual([`${id}.wav.age`]);
    const left = readFileSync(join(folder.path, 'still-there'));
    expect(left.length).toBe(whole.length);
    await expect(decryptBytes(left, identity)).rejects.toMatchObject({ code: 'AGE_HEADER_INVALID' });
    const head = headerLength(whole) + 16;
    expect(left.subarray(head).equals(whole.subarray(head)), 'the sound is there, and nobody can open it').toBe(true);
    expect(left.subarray(0, head).equals(whole.subarray(0, head))).toBe(false);
    expect(await shredRecording(recordings, id)).toEqual([]);
  });
});
