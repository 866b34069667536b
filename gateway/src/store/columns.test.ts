import { randomBytes } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { columnKeyFrom, type ColumnKeys } from '@keepline/compliance/keys';
import { newId } from '@keepline/contracts/ids';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { type TempDir, tempDir } from '@keepline/testkit/temp-dir';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EventLog } from '../events/event-log.ts';
import { SealedColumns } from './columns.ts';
import { Connection } from './connection.ts';
import { migrate, type TableFamily } from './migrations.ts';
import { resealBatch } from './seal-rows.ts';
import { Store } from './store.ts';
import { allTables } from './tables/all.ts';
import { callsOfNumber, findCall, forgetCaller, openCall, updateCall } from './tables/calls.ts';

const MOBILE = '13812345678';
const NAME = '欧阳娜娜';
const NOTE = '身份证 11010519491231002X，请回电';
const clock = new FakeClock(Date.UTC(2026, 10, 22, 12));
const fresh = () => columnKeyFrom('test', randomBytes(32).toString('base64'));
const opening = () => ({
  id: newId('call', clock.now()),
  trunk: 'local',
  callerNumber: `+86 ${MOBILE}`,
  callerName: NAME,
  dialledNumber: '95588',
  startedAtMs: clock.now(),
});

let folder: TempDir;
let keys: ColumnKeys;
let path = '';
const openStore = async () => Store.open(path, allTables, { columns: await SealedColumns.open(() => Promise.resolve(keys)) });
/** Database, WAL and whatever else SQLite left in the folder. */
/** Every byte below the folder, copies from before an upgrade included. */
const onDisk = (): Buffer =>
  Buffer.concat(
    readdirSync(folder.path, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name))),
  );
const clearTexts = (): string[] => [MOBILE, NAME, NOTE].filter((text) => onDisk().includes(text));

beforeEach(() => {
  folder = tempDir();
  path = join(folder.path, 'main.db');
  keys = { current: fresh(), former: [] };
});
afterEach(() => folder.remove());

describe('customer data in the database', () => {
  it('comes back as it was written, and lies in clear in neither file nor WAL', async () => {
    const store = await openStore();
    const events = new EventLog({ store, clock });
    const call = opening();
    await store.write(async (tx) => {
      await openCall(tx, call);
      await updateCall(tx, call.id, { note: NOTE });
      const { callerNumber, callerName, dialledNumber } = call;
      await events.append(tx, 'call.offered', { callId: call.id, trunk: 'local', callerNumber, callerName, dialledNumber });
      await events.append(tx, 'call.disposed', { callId: call.id, agentId: 'a', disposition: 'resolved', note: NOTE, wrapUpMs: 1 });
    });
    expect(clearTexts()).toEqual([]);
    expect(onDisk().includes('resolved'), 'the search works: what is not personal is there').toBe(true);
    expect(await findCall(store.read, call.id)).toMatchObject({ callerNumber: `+86 ${MOBILE}`, callerName: NAME, note: NOTE });
    const told = (await events.readAfter(0, 10)).map(({ data }): unknown => JSON.parse(data));
    expect(told).toMatchObject([{ callerName: NAME, dialledNumber: '95588' }, { note: NOTE }]);
    await store.close();
  });

  it('is found by number, however a trunk spells it, and by no other number', async () => {
    const store = await openStore();
    const call = opening();
    await store.write((tx) => openCall(tx, call));
    expect((await callsOfNumber(store.read, MOBILE, 10)).map(({ id }) => id)).toEqual([call.id]);
    expect(await callsOfNumber(store.read, '13812345679', 10)).toEqual([]);
    expect(await callsOfNumber(store.read, 'anonymous', 10)).toEqual([]);
    await store.close();
  });

  it('is refused when a value was moved to another row, and without keys nothing is written', async () => {
    const store = await openStore();
    const [one, other] = [opening(), { ...opening(), callerName: '别人' }];
    await store.write(async (tx) => {
      await openCall(tx, one);
      await openCall(tx, other);
      await tx.run('UPDATE calls SET caller_name = (SELECT caller_name FROM calls WHERE id = ?) WHERE id = ?', one.id, other.id);
    });
    await expect(findCall(store.read, other.id)).rejects.toMatchObject({ code: 'STORE_COLUMN_FOREIGN' });
    await store.close();
    const locked = await Store.open(path, allTables);
    await expect(locked.write((tx) => openCall(tx, opening()))).rejects.toMatchObject({ code: 'STORE_COLUMNS_LOCKED' });
    await expect(findCall(locked.read, one.id)).rejects.toMatchObject({ code: 'STORE_COLUMNS_LOCKED' });
    await locked.close();
  });

  it('is forgotten on request: the call stays, the person is gone', async () => {
    const store = await openStore();
    const call = opening();
    await store.write((tx) => openCall(tx, call));
    await store.write((tx) => forgetCaller(tx, call.id));
    expect(await findCall(store.read, call.id)).toMatchObject({ trunk: 'local', callerNumber: '', callerName: '', note: null });
    expect(await callsOfNumber(store.read, MOBILE, 10)).toEqual([]);
    await store.close();
  });
});

describe('a database from before there were column keys', () => {
  /** As the last version without them left it. */
  const older: readonly TableFamily[] = allTables.map((family) =>
    family.name === 'calls'
      ? { name: 'calls', statements: family.statements.slice(0, 5) }
      : { name: family.name, statements: family.statements },
  );
  const ids = Array.from({ length: 1203 }, () => newId('call', clock.now()));
  const writeOld = async (): Promise<void> => {
    const old = await Connection.open(path);
    await old.exec('PRAGMA journal_mode = WAL');
    await migrate(old, older);
    await old.exec('BEGIN');
    for (const [n, id] of ids.entries()) {
      const sql = `INSERT INTO calls (id, trunk, caller_number, caller_name, dialled_number, started_at_ms, note) VALUES (?, 'local', ?, ?, '95588', ?, ?)`;
      await old.run(sql, id, n === 700 ? '13900000000' : MOBILE, NAME, n, n % 2 === 0 ? NOTE : null);
      const data = JSON.stringify({ callId: id, trunk: 'local', callerNumber: MOBILE, callerName: NAME, dialledNumber: '95588' });
      await old.run(`INSERT INTO event_log (id, type, time_ms, call_id, data) VALUES (?, 'call.offered', 1, ?, ?)`, `evt-${n}`, id, data);
    }
    await old.exec('COMMIT');
    await old.close();
  };

  it('is sealed at the next start, and nothing of it stays in clear', async () => {
    await writeOld();
    expect(clearTexts()).toEqual([MOBILE, NAME, NOTE]);
    const store = await openStore();
    expect(clearTexts()).toEqual([]);
    expect(await findCall(store.read, ids[700] ?? '')).toMatchObject({ callerNumber: '13900000000', callerName: NAME, note: NOTE });
    expect(await callsOfNumber(store.read, '13900000000', 10)).toHaveLength(1);
    const [first] = await new EventLog({ store, clock }).readAfter(0, 1);
    expect(JSON.parse(first?.data ?? '')).toMatchObject({ callerNumber: MOBILE });
    await store.close();
  });

  it('goes on where a start was cut off', async () => {
    await writeOld();
    const good = await SealedColumns.open(() => Promise.resolve(keys));
    let left = 600; // dies in the second batch
    const dying = {
      ...{
        open: good.open.bind(good),
        index: good.index.bind(good),
        indexes: good.indexes.bind(good),
        isCurrent: good.isCurrent.bind(good),
      },
      seal: (text: string, place: `${string}/${string}/${string}`): string => {
        if (place.startsWith('calls/caller_number') && --left === 0) throw new Error('power cut');
        return good.seal(text, place);
      },
    };
    await expect(Store.open(path, allTables, { columns: dying })).rejects.toMatchObject({ code: 'STORE_UNREADABLE' });
    const store = await openStore();
    for (const id of [ids[0], ids[599], ids[1202]]) expect(await findCall(store.read, id ?? '')).toMatchObject({ callerName: NAME });
    expect(await callsOfNumber(store.read, MOBILE, 10_000)).toHaveLength(1202);
    expect(clearTexts()).toEqual([]);
    await store.close();
  });
});

describe('a column key that is rotated', () => {
  it('opens everything while rows are sealed anew, is taken up by who runs already, and then the old key is needed no more', async () => {
    const store = await openStore(); // the gateway
    const call = opening();
    const events = new EventLog({ store, clock });
    await store.write(async (tx) => {
      await openCall(tx, call);
      await events.append(tx, 'call.disposed', { callId: call.id, agentId: 'a', disposition: 'resolved', note: NOTE, wrapUpMs: 1 });
    });
    const former = keys.current;
    keys = { current: fresh(), former: [former] };
    const beside = await openStore(); // the command line
    for (const table of allTables.flatMap(({ sealed }) => sealed ?? []))
      for (let upto: number | undefined = 0; upto !== undefined; )
        upto = (await beside.write((tx) => resealBatch(tx, table, upto ?? 0)))?.upto;
    expect(await findCall(store.read, call.id), 'a key it had not heard of').toMatchObject({ callerName: NAME });
    expect(await callsOfNumber(store.read, MOBILE, 10)).toHaveLength(1);
    await Promise.all([store.close(), beside.close()]);
    keys = { current: keys.current, former: [] };
    const after = await openStore();
    expect(await findCall(after.read, call.id)).toMatchObject({ callerNumber: `+86 ${MOBILE}` });
    expect(await new EventLog({ store: after, clock }).readAfter(0, 9)).toMatchObject([{ data: expect.stringContaining(NOTE) }]);
    expect(onDisk().includes(`k1.${former.id}`)).toBe(false);
    await after.close();
  });
});
