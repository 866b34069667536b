import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { tempDir, type TempDir } from '@keepline/testkit/temp-dir';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { newNoteKey, signerFrom, verifierFrom } from '../tlog/signed-note.ts';
import { TILE_WIDTH, TileBuilder, tilePath } from '../tlog/tile.ts';
import { AuditLog } from './audit-log.ts';
import { EntryReader } from './entry-reader.ts';
import { proveEntry, verifyEntryProof } from './prove.ts';
import { sampleEntry } from './testing/small-log.ts';
import { readTiled } from './tile-writer.ts';
import { verifyAuditLog } from './verify.ts';

const SIZE = 3 * TILE_WIDTH + 17;
const signer = signerFrom(newNoteKey('keepline/demo/audit'));
const verifier = verifierFrom(signer.verifierKey);
let home: TempDir;
let dir = '';

const opened = (): Promise<AuditLog> =>
  AuditLog.open({
    dir,
    signer,
    clock: new FakeClock(0),
    onFault: (fault) => {
      throw fault;
    },
  });
async function append(count: number): Promise<void> {
  const log = await opened();
  await Promise.all(Array.from({ length: count }, (_, i) => log.append(sampleEntry(`c${i}`))));
  await log.close();
}
/** Path in the folder → hex. */
const tileFiles = (): Map<string, string> =>
  new Map(
    readdirSync(join(dir, 'tile'), { recursive: true, encoding: 'utf8' })
      .map((name) => `tile/${name}`)
      .filter((path) => statSync(join(dir, path)).isFile())
      .map((path) => [path, readFileSync(join(dir, path), 'hex')]),
  );
async function plainTiles(): Promise<Map<string, string>> {
  const reader = await EntryReader.open(dir);
  const builder = new TileBuilder();
  const full = (await reader.leaves(0, reader.size)).flatMap((leaf) => builder.add(leaf));
  await reader.close();
  return new Map(full.map(({ tile, bytes }) => [tilePath(tile), bytes.toString('hex')]));
}

beforeEach(() => {
  home = tempDir();
  dir = join(home.path, 'audit');
});
afterEach(() => home.remove());

it.each([[[SIZE]], [[1, 255, 1, 511, 300]], [[256, 256, 256]]])('are those of a plain build, however the log grew: %j', async (groups) => {
  for (const group of groups) await append(group);
  expect(tileFiles()).toEqual(await plainTiles());
  const size = groups.reduce((sum, group) => sum + group, 0);
  expect(await readTiled(dir, verifier)).toMatchObject({ size });
  expect(await verifyAuditLog(dir, signer.verifierKey)).toMatchObject({ ok: true, entries: size });
});

it('are enough to open the log: the index below the partial tile is not read', async () => {
  await append(SIZE);
  // A record in the index before that tile is spoilt: who replayed the index would come to another root.
  const index = readFileSync(join(dir, 'entries.index'));
  index[8] = (index[8] ?? 0) ^ 1;
  writeFileSync(join(dir, 'entries.index'), index);
  const log = await opened();
  expect(log.size).toBe(SIZE);
  await log.close();
  expect(await verifyAuditLog(dir, signer.verifierKey)).toMatchObject({ ok: false, fault: { entry: 0 } }); // the verifier reads all
});

it.each([
  ['lost', (path: string) => rmSync(path)],
  ['half written', (path: string) => writeFileSync(path, 'half')],
  ['wrong', (path: string) => writeFileSync(path, Buffer.alloc(TILE_WIDTH * 32, 7))],
])('are made again from the index when one is %s', async (_how, spoil) => {
  await append(SIZE);
  const path = join(dir, tilePath({ level: 0, index: 1, width: TILE_WIDTH }));
  spoil(path);
  await append(TILE_WIDTH);
  expect(tileFiles()).toEqual(await plainTiles());
});

it('prove every entry', async () => {
  await append(300);
  await append(SIZE);
  for (const number of [0, 1, 255, 256, 299, 300, 511, 767, SIZE + 299])
    expect(verifyEntryProof(await proveEntry(dir, verifier, number), signer.verifierKey)).toMatchObject({ entry: number });
});
