import { statSync } from 'node:fs';
import { join } from 'node:path';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { type TempDir, tempDir } from '@keepline/testkit/temp-dir';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Connection } from './connection.ts';
import { Store, type TableFamily, type Tx, UNIT_LIMIT_MS, UNITS_PER_COMMIT_MAX, WAITING_UNITS_MAX } from './store.ts';

const notes: TableFamily = {
  name: 'notes',
  statements: ['CREATE TABLE notes (id INTEGER PRIMARY KEY AUTOINCREMENT, word TEXT NOT NULL UNIQUE) STRICT'],
};
const add = (tx: Tx, word: string) => tx.run('INSERT INTO notes (word) VALUES (?)', word);

let folder: TempDir;
let path: string;
let store: Store;
beforeEach(async () => {
  folder = tempDir();
  path = join(folder.path, 'main.db');
  store = await Store.open(path, [notes]);
});
afterEach(async () => {
  await store.close();
  folder.remove();
});
const words = async () => (await store.read.all<{ word: string }>('SELECT word FROM notes ORDER BY id')).map((row) => row.word);

describe('a unit of work', () => {
  it('is seen by readers once its promise has resolved', async () => {
    const answer = await store.write(async (tx) => {
      await add(tx, 'a');
      return 42;
    });
    expect(answer).toBe(42);
    expect(await words()).toEqual(['a']);
  });

  it('sees its own statements before they are committed, and nobody else does', async () => {
    await store.write(async (tx) => {
      await add(tx, 'a');
      expect(await tx.get<{ n: number }>('SELECT count(*) AS n FROM notes')).toEqual({ n: 1 });
      expect(await words()).toEqual([]);
    });
  });

  it('that throws is undone alone, while its neighbours in the same transaction stay', async () => {
    const commits = await commitsDuring(async () => {
      const results = await Promise.allSettled(
        ['first', 'a', 'b', 'c', 'd'].map((word) =>
          store.write(async (tx) => {
            await add(tx, word);
            if (word === 'b') throw new Error('no b');
          }),
        ),
      );
      expect(results.map((result) => result.status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
    });
    expect(await words()).toEqual(['first', 'a', 'c', 'd']);
    expect(commits).toBe(2); // the first alone, the four that came meanwhile together
  });

  it('whose statement failed is undone even when it swallows the fault, as in PostgreSQL', async () => {
    await store.write((tx) => add(tx, 'a'));
    const swallowed = store.write(async (tx) => {
      await add(tx, 'b');
      await add(tx, 'a').catch(() => {});
    });
    await expect(swallowed).rejects.toMatchObject({ code: 'SQLITE_CONSTRAINT' });
    const goesOn = store.write(async (tx) => {
      await add(tx, 'a').catch(() => {});
      await add(tx, 'c');
    });
    await expect(goesOn).rejects.toMatchObject({ code: 'STORE_UNIT_OVER' });
    expect(await words()).toEqual(['a']);
  });

  it('that is over cannot reach into the transaction of another', async () => {
    const leaked = await store.write(async (tx) => ({ tx }));
    await store.write(async () => {
      await expect(add(leaked.tx, 'late')).rejects.toMatchObject({ code: 'STORE_UNIT_OVER' });
    });
    expect(() => leaked.tx.afterCommit(() => {})).toThrow(expect.objectContaining({ code: 'STORE_UNIT_OVER' }));
    expect(await words()).toEqual([]);
  });

  it('that does not await its statement is refused rather than half stored', async () => {
    const hasty = store.write(async (tx) => {
      void add(tx, 'unawaited');
    });
    await expect(hasty).rejects.toMatchObject({ code: 'STORE_UNIT_OVER' });
    expect(await words()).toEqual([]);
  });

  it('that waits for something else than the database is undone after its limit, and the queue goes on', async () => {
    await store.close();
    const clock = new FakeClock();
    store = await Store.open(path, [notes], { clock });
    const stuck = store.write(async (tx) => {
      await add(tx, 'stuck');
      queueMicrotask(() => clock.advance(UNIT_LIMIT_MS));
      await new Promise(() => {});
    });
    const next = store.write((tx) => add(tx, 'next'));
    await expect(stuck).rejects.toMatchObject({ code: 'STORE_UNIT_TOO_SLOW' });
    await next;
    expect(await words()).toEqual(['next']);
  });
});

describe('after a commit', () => {
  it('listeners are called in the order of units, only for units that were stored, and before the writer goes on', async () => {
    const heard: string[] = [];
    const write = (word: string, fails = false) =>
      store.write(async (tx) => {
        await add(tx, word);
        tx.afterCommit(() => heard.push(word));
        if (fails) throw new Error('undone');
      });
    await Promise.allSettled([write('a'), write('b', true), write('c'), write('d')]);
    expect(heard).toEqual(['a', 'c', 'd']);
  });

  it('a listener that throws harms neither the unit nor the next listener', async () => {
    const heard: string[] = [];
    await store.write(async (tx) => {
      await add(tx, 'a');
      tx.afterCommit(() => {
        throw new Error('deaf');
      });
      tx.afterCommit(() => heard.push('second'));
    });
    expect(heard).toEqual(['second']);
  });
});

describe('the queue', () => {
  it('refuses more than its bound, and serves everything it took', async () => {
    const release = Promise.withResolvers<void>();
    const first = store.write(() => release.promise);
    const taken = Array.from({ length: WAITING_UNITS_MAX }, (_, i) => store.write((tx) => add(tx, `w${i}`)));
    await expect(store.write((tx) => add(tx, 'too many'))).rejects.toMatchObject({ code: 'STORE_BUSY', offending: WAITING_UNITS_MAX });
    const commits = await commitsDuring(async () => {
      release.resolve();
      await Promise.all([first, ...taken]);
    });
    expect(commits).toBe(1 + Math.ceil(WAITING_UNITS_MAX / UNITS_PER_COMMIT_MAX));
    expect(await words()).toHaveLength(WAITING_UNITS_MAX);
  });

  it('is emptied by close, which takes nothing more', async () => {
    const last = store.write((tx) => add(tx, 'last'));
    const closed = store.close();
    await expect(store.write((tx) => add(tx, 'after'))).rejects.toMatchObject({ code: 'STORE_CLOSED' });
    await Promise.all([last, closed]);
    store = await Store.open(path, [notes]);
    expect(await words()).toEqual(['last']);
  });

  it('stores exactly the units that succeeded, whatever mix of success and failure arrives in whatever bunches', async () => {
    const plan = fc.array(fc.record({ fails: fc.boolean(), pause: fc.boolean() }), { maxLength: 30 });
    let run = 0;
    await fc.assert(
      fc.asyncProperty(plan, async (units) => {
        run += 1;
        const pending: Array<Promise<string>> = [];
        for (const [i, { fails, pause }] of units.entries()) {
          const word = `r${run}-${i}`;
          pending.push(
            store.write(async (tx) => {
              await add(tx, word);
              if (fails) throw new Error('undone');
              return word;
            }),
          );
          const settled = pending.at(-1)?.catch(() => {});
          if (pause) await settled;
        }
        const stored = (await Promise.allSettled(pending)).flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
        const found = await store.read.all<{ word: string }>('SELECT word FROM notes WHERE word LIKE ? ORDER BY id', `r${run}-%`);
        expect(found.map((row) => row.word)).toEqual(stored);
        expect(stored).toHaveLength(units.filter((unit) => !unit.fails).length);
      }),
      { numRuns: 40 },
    );
  });
});

describe('a lost transaction', () => {
  it('is told to every unit in it, and the next one works', async () => {
    const logged: string[] = [];
    await store.close();
    store = await Store.open(path, [notes], { log: { error: (_, message) => logged.push(message) } });
    const results = await Promise.allSettled([
      store.write((tx) => tx.run('SELECT 1')),
      store.write((tx) => add(tx, 'a')),
      store.write((tx) => tx.run('ROLLBACK')), // as SQLite itself does when the disk is full
      store.write((tx) => add(tx, 'b')),
    ]);
    const lost = { status: 'rejected', reason: expect.objectContaining({ code: 'STORE_WRITE_FAILED' }) };
    expect(results).toEqual([expect.objectContaining({ status: 'fulfilled' }), lost, lost, lost]);
    expect(logged).toHaveLength(1);
    await store.write((tx) => add(tx, 'after'));
    expect(await words()).toEqual(['after']);
  });
});

describe('a full disk', () => {
  it('loses nothing that was promised, refuses the rest, and writing goes on when there is room again', async () => {
    const limit = (pages: number) => store.write((tx) => tx.get(`PRAGMA max_page_count = ${pages}`));
    await limit(40);
    const write = (i: number) =>
      store.write(async (tx) => {
        await add(tx, `${i} ${'x'.repeat(9000)}`);
        return i;
      });
    const promised = [await write(0), await write(1)];
    const results = await Promise.allSettled(Array.from({ length: 40 }, (_, i) => write(i + 2)));
    promised.push(...results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])));
    const full = expect.objectContaining({ code: 'STORE_WRITE_FAILED', message: expect.stringContaining('SQLITE_FULL') });
    expect(results).toContainEqual({ status: 'rejected', reason: full });
    expect((await words()).map((word) => Number.parseInt(word, 10))).toEqual(promised);
    await limit(10_000);
    await write(99);
    expect(await words()).toHaveLength(promised.length + 1);
  });
});

describe('the file', () => {
  it('is readable by its owner only, as is the write-ahead log beside it', () => {
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(`${path}-wal`).mode & 0o777).toBe(0o600);
  });

  it('keeps times, bytes and nulls as they were', async () => {
    const values: TableFamily = { name: 'values', statements: ['CREATE TABLE v (at INTEGER, bytes BLOB, nil TEXT) STRICT'] };
    await store.close();
    store = await Store.open(path, [notes, values]);
    const bytes = new Uint8Array([9, 0, 255, 7]).subarray(1);
    await store.write((tx) => tx.run('INSERT INTO v VALUES (?, ?, ?)', 1_795_000_000_123, bytes, null));
    const row = await store.read.get<{ at: number; kind: string; bytes: Uint8Array; nil: null }>('SELECT *, typeof(at) AS kind FROM v');
    expect(row).toMatchObject({ at: 1_795_000_000_123, kind: 'integer', nil: null });
    expect([...(row?.bytes ?? [])]).toEqual([0, 255, 7]);
  });

  it('cannot be written through the reader', async () => {
    await expect(store.read.all("INSERT INTO notes (word) VALUES ('x') RETURNING id")).rejects.toMatchObject({ code: 'SQLITE_READONLY' });
  });

  it('that is no database is refused with a code', async () => {
    await expect(Store.open(folder.path, [notes])).rejects.toMatchObject({ code: 'STORE_UNREADABLE' });
  });
});

describe('migrations', () => {
  const grown: TableFamily = { name: 'notes', statements: [...notes.statements, 'ALTER TABLE notes ADD COLUMN colour TEXT'] };
  const reopen = async (...families: TableFamily[]) => {
    await store.close();
    return (store = await Store.open(path, families));
  };

  it('apply only what is new and keep what is stored', async () => {
    await store.write((tx) => add(tx, 'old'));
    await reopen(grown);
    await reopen(grown);
    expect(await store.read.all('SELECT * FROM notes')).toEqual([{ id: 1, word: 'old', colour: null }]);
  });

  it('refuse a database that is newer than the code, by step and by family', async () => {
    await reopen(grown);
    await expect(reopen(notes)).rejects.toMatchObject({ code: 'STORE_NEWER' });
    await expect(reopen()).rejects.toMatchObject({ code: 'STORE_NEWER' });
  });

  it('refuse an applied statement that was edited, but not one that was only laid out anew', async () => {
    const edited = { name: 'notes', statements: ['CREATE TABLE notes (word TEXT)'] };
    await expect(reopen(edited)).rejects.toMatchObject({ code: 'STORE_HISTORY_CHANGED' });
    await reopen({ name: 'notes', statements: notes.statements.map((statement) => statement.replaceAll(' ', '\n  ')) });
  });

  it('that fail half way leave the database as it was', async () => {
    const broken: TableFamily = { name: 'more', statements: ['CREATE TABLE more (a TEXT)', 'CREATE NONSENSE'] };
    await expect(reopen(notes, broken)).rejects.toMatchObject({ code: 'STORE_UNREADABLE' });
    await reopen(notes);
    expect(await store.read.all("SELECT name FROM sqlite_schema WHERE name = 'more'")).toEqual([]);
  });
});

/** Counts the transactions SQLite wrote, by listening to what its connections are told. */
async function commitsDuring(act: () => Promise<void>): Promise<number> {
  const run = vi.spyOn(Connection.prototype, 'run');
  try {
    await act();
    return run.mock.calls.filter(([sql]) => sql === 'COMMIT').length;
  } finally {
    run.mockRestore();
  }
}
