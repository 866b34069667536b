import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import type { KeeplineError } from '@keepline/contracts/errors';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { tempDir, type TempDir } from '@keepline/testkit/temp-dir';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AuditLog } from '../audit/audit-log.ts';
import { lastCheckpoint } from '../audit/checkpoint-file.ts';
import { sampleEntry } from '../audit/testing/small-log.ts';
import { openCheckpoint, signCheckpoint } from '../tlog/checkpoint.ts';
import { cosignedAt, newWitnessKey, textOfNote, witnessSigner, witnessVerifier } from '../tlog/cosignature.ts';
import { keyRing, signHandover } from '../keys/audit-handover.ts';
import { newNoteKey, type NoteSigner, signerFrom, verifierFrom } from '../tlog/signed-note.ts';
import { leafHash } from '../tlog/tree-hash.ts';
import { formatAddCheckpoint } from './add-checkpoint.ts';
import { readWitnessed, WITNESSED_FILE, WitnessClient } from './witness-client.ts';
import { startWitness, type Witness } from './witness-server.ts';

const NOW_MS = Date.UTC(2026, 0, 2, 3, 4, 5);
const signer = signerFrom(newNoteKey('keepline/demo/audit'));
const log = verifierFrom(signer.verifierKey);
const keys = ['witness.example/a', 'witness.example/b'].map((name) => witnessSigner(newWitnessKey(name)));
const clock = new FakeClock(NOW_MS);
let home: TempDir;
let dir = '';
let witnesses: Witness[] = [];
let faults: KeeplineError[] = [];
let alarms: KeeplineError[] = [];
let told: Array<[log: string, key: string]> = [];

async function witness(which: number): Promise<Witness> {
  const key = keys[which] ?? signer;
  const started = await startWitness({
    dir: join(home.path, `witness-${which}`),
    signer: key,
    logs: [signer.verifierKey],
    host: '127.0.0.1',
    port: 0,
    clock,
    onFault: (fault) => {
      throw fault;
    },
    onHandover: (...handover) => told.push(handover),
  });
  witnesses.push(started);
  return started;
}
const addressOf = (which: number, { port }: { readonly port: number }) => ({
  url: `http://127.0.0.1:${port}/`,
  verifier: witnessVerifier(keys[which]?.verifierKey ?? ''),
});
const client = (
  addresses: ReturnType<typeof addressOf>[],
  at = dir,
  quorum = 0,
  handovers: () => readonly string[] = () => [],
): WitnessClient =>
  new WitnessClient({
    dir: at,
    witnesses: addresses,
    quorum,
    clock,
    handovers: async () => handovers(),
    onFault: (fault) => faults.push(fault),
    onAlarm: (fault) => alarms.push(fault),
  });

/** Appends and signs. @returns the newest checkpoint */
async function append(count: number, at = dir, mark = 'c'): Promise<{ readonly size: number; readonly note: string }> {
  const audit = await AuditLog.open({ dir: at, signer, clock, source: '0000beef', onFault: (fault) => faults.push(fault) });
  await Promise.all(Array.from({ length: count }, (_, i) => audit.append(sampleEntry(`${mark}${i}`))));
  await audit.close();
  const last = await lastCheckpoint(at, log);
  if (!last) throw new Error('no checkpoint');
  return last;
}
async function offer(to: WitnessClient, { size, note }: { readonly size: number; readonly note: string }): Promise<void> {
  to.offer(size, note);
  await to.settled();
}
const codes = (): string[] => [...faults, ...alarms].map(({ code }) => code);

beforeEach(() => {
  home = tempDir();
  dir = join(home.path, 'audit');
  [witnesses, faults, alarms, told] = [[], [], [], []];
});
afterEach(async () => {
  await Promise.all(witnesses.map((one) => one.close()));
  home.remove();
});

describe('the log and its witnesses', () => {
  it('gets every checkpoint cosigned by two, and keeps a note that any reader of C2SP can check', async () => {
    const [a, b] = [await witness(0), await witness(1)];
    const to = client([addressOf(0, a), addressOf(1, b)]);
    for (const count of [3, 300, 1]) await offer(to, await append(count));
    const note = (await readWitnessed(dir)) ?? '';
    expect(openCheckpoint(note, log)).toMatchObject({ size: 304 });
    for (const key of keys) expect(cosignedAt(textOfNote(note), note, witnessVerifier(key.verifierKey))).toBe(NOW_MS / 1000);
    expect([to.witnessed, ...codes()]).toEqual([304]);
  });

  it('takes up where it was after both were started anew', async () => {
    const a = await witness(0);
    await offer(client([addressOf(0, a)]), await append(5));
    await a.close();
    const again = await witness(0);
    const to = client([addressOf(0, again)]);
    await offer(to, await append(5));
    expect([to.witnessed, ...codes()]).toEqual([10]);
  });

  it('is found out with the first checkpoint after it was cut back', async () => {
    const a = await witness(0);
    await append(5);
    cpSync(dir, join(home.path, 'before'), { recursive: true });
    await offer(client([addressOf(0, a)]), await append(5));
    rmSync(dir, { recursive: true });
    cpSync(join(home.path, 'before'), dir, { recursive: true });
    await offer(client([addressOf(0, a)]), await append(1, dir, 'other'));
    expect(codes().filter((code) => code === 'AUDIT_FORKED')).toHaveLength(1);
    expect(alarms[0]?.message).toContain('cut back');
  });

  it.each([
    ['as long as the true one', 10, 'another root of the same size'],
    ['longer than the true one', 12, 'do not extend'],
  ])('is found out with the first checkpoint of a rewritten history %s', async (_how, size, why) => {
    const a = await witness(0);
    await offer(client([addressOf(0, a)]), await append(10));
    const forged = join(home.path, 'forged');
    await offer(client([addressOf(0, a)], forged), await append(size, forged, 'forged'));
    expect(alarms.map(({ code, message }) => [code, message.includes(why)])).toEqual([['AUDIT_FORKED', true]]);
  });

  it('needs its quorum: one of two is enough where one is asked for, and a fault where two are', async () => {
    const a = await witness(0);
    const gone = createServer();
    await new Promise<void>((resolve) => void gone.listen(0, '127.0.0.1', resolve));
    const address = gone.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    await new Promise((resolve) => gone.close(resolve));
    const both = [addressOf(0, a), addressOf(1, { port })];
    const one = client(both, dir, 1);
    await offer(one, await append(5));
    expect([one.witnessed, ...codes()]).toEqual([5, 'WITNESS_UNREACHABLE']);
    faults = [];
    const two = client(both, dir, 2);
    await offer(two, await append(5));
    expect([two.witnessed, ...codes()]).toEqual([0, 'WITNESS_UNREACHABLE', 'WITNESS_QUORUM_MISSING']);
    expect(openCheckpoint(readFileSync(join(dir, WITNESSED_FILE), 'utf8'), log).size).toBe(5);
  });
});

describe('a log whose key is rotated', () => {
  const nextSigner = () => signerFrom(newNoteKey(signer.name));
  /** Goes on with a log under another signer. */
  async function goOn(by: NoteSigner, ring: string, count: number): Promise<{ readonly size: number; readonly note: string }> {
    const audit = await AuditLog.open({
      dir,
      signer: { ...by, verifierKey: ring },
      clock,
      source: '0000beef',
      onFault: (fault) => faults.push(fault),
    });
    await Promise.all(Array.from({ length: count }, (_, i) => audit.append(sampleEntry(`r${count}-${i}`))));
    await audit.close();
    const last = await lastCheckpoint(dir, verifierFrom(ring));
    if (!last) throw new Error('no checkpoint');
    return last;
  }

  it('is followed by its witness through each rotation, also after a restart of it, and its operator is told', async () => {
    const a = await witness(0);
    const first = await append(5);
    const notes: string[] = [];
    const to = client([addressOf(0, a)], dir, 0, () => notes);
    await offer(to, first);
    const second = nextSigner();
    notes.push(signHandover(signer, second, first.size, NOW_MS));
    const after = await goOn(second, keyRing(second.verifierKey, notes), 3);
    await offer(to, after);
    expect([to.witnessed, told, codes()]).toEqual([after.size, [[signer.name, second.verifierKey]], []]);
    const third = nextSigner();
    notes.push(signHandover(second, third, after.size, NOW_MS + 1));
    const last = await goOn(third, keyRing(third.verifierKey, notes), 4);
    await a.close();
    const again = await witness(0); // its operator still gives it the first key
    const anew = client([addressOf(0, again)], dir, 0, () => notes.toReversed());
    await offer(anew, last);
    expect([anew.witnessed, told.length, codes()]).toEqual([last.size, 2, []]);
    expect(cosignedAt(textOfNote(last.note), (await readWitnessed(dir)) ?? '', witnessVerifier(keys[0]?.verifierKey ?? ''))).toBeDefined();
  });

  it('is not followed a second time from one key, nor below what that key signed, nor by a note of one key alone', async () => {
    const a = await witness(0);
    const first = await append(5);
    await offer(client([addressOf(0, a)]), first);
    const [second, thief] = [nextSigner(), nextSigner()];
    const bring = async (note: string): Promise<number> =>
      (await fetch(`http://127.0.0.1:${a.port}/add-handover`, { method: 'POST', body: note })).status;
    expect(await bring(signHandover(signer, thief, first.size - 1, NOW_MS)), 'fewer entries than it signed').toBe(422);
    expect(await bring(signHandover(thief, second, first.size, NOW_MS)), 'of a key it does not know').toBe(403);
    expect(await bring(signHandover(thief, second, first.size, NOW_MS).replace(thief.verifierKey, signer.verifierKey))).toBe(400);
    const other = ['another/a', 'another/a'].map((name) => signerFrom(newNoteKey(name)));
    expect(await bring(signHandover(other[0] ?? signer, other[1] ?? signer, 1, NOW_MS)), 'of another log').toBe(404);
    const meant = signHandover(signer, second, first.size, NOW_MS);
    expect([await bring(meant), await bring(meant)], 'told twice is told once').toEqual([200, 200]);
    expect(told).toHaveLength(1);
    const stolen = signHandover(signer, thief, first.size, NOW_MS);
    expect(await bring(stolen)).toBe(409);
    const forged = await goOn(thief, keyRing(thief.verifierKey, [stolen]), 2);
    await offer(
      client([addressOf(0, a)], dir, 0, () => [stolen]),
      forged,
    );
    expect(alarms.map(({ code, message }) => [code, message.includes('handed over to another one')])).toEqual([['AUDIT_FORKED', true]]);
  });

  it('is a fault and no alarm where nobody tells the witness', async () => {
    const a = await witness(0);
    const first = await append(5);
    await offer(client([addressOf(0, a)]), first);
    const second = nextSigner();
    await offer(
      client([addressOf(0, a)]),
      await goOn(second, keyRing(second.verifierKey, [signHandover(signer, second, first.size, NOW_MS)]), 1),
    );
    expect(codes()).toEqual(['WITNESS_UNREACHABLE', 'WITNESS_QUORUM_MISSING']);
  });
});

describe('a witness', () => {
  const ask = async ({ port }: Witness, body: string, path = '/add-checkpoint'): Promise<[number, string | null, string]> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', body });
    return [response.status, response.headers.get('content-type'), await response.text()];
  };
  const root = leafHash(Buffer.from('one'));

  it('answers as C2SP tlog-witness says', async () => {
    const a = await witness(0);
    const note = signCheckpoint(1, root, signer);
    const other = signerFrom(newNoteKey('another/log'));
    const impostor = signerFrom(newNoteKey(signer.name));
    const status = async (body: string): Promise<number> => (await ask(a, body))[0];
    expect(await status('nonsense')).toBe(400);
    expect(await status(formatAddCheckpoint({ old: 0, proof: [], checkpoint: signCheckpoint(1, root, other) }))).toBe(404);
    expect(await status(formatAddCheckpoint({ old: 0, proof: [], checkpoint: signCheckpoint(1, root, impostor) }))).toBe(403);
    expect(await status(formatAddCheckpoint({ old: 2, proof: [], checkpoint: note }))).toBe(400);
    expect(await ask(a, formatAddCheckpoint({ old: 1, proof: [], checkpoint: note }))).toEqual([409, 'text/x.tlog.size', '0\n']);
    expect(await status(formatAddCheckpoint({ old: 0, proof: [root], checkpoint: note }))).toBe(422);
    expect(await status(formatAddCheckpoint({ old: 0, proof: [], checkpoint: note }))).toBe(200);
    expect(await status(formatAddCheckpoint({ old: 1, proof: [root], checkpoint: signCheckpoint(2, root, signer) }))).toBe(422);
    expect(await ask(a, formatAddCheckpoint({ old: 1, proof: [], checkpoint: signCheckpoint(1, leafHash(root), signer) }))).toEqual([
      409,
      'text/x.tlog.size',
      '1\n',
    ]);
    expect((await ask(a, note, '/'))[0]).toBe(404);
    expect(await status('x'.repeat(100_000))).toBe(413);
  });

  it('signs only one of two histories that come at once', async () => {
    const a = await witness(0);
    const bodies = [root, leafHash(root)].map((each) =>
      formatAddCheckpoint({ old: 0, proof: [], checkpoint: signCheckpoint(1, each, signer) }),
    );
    const answers = await Promise.all(bodies.map((body) => ask(a, body)));
    expect(answers.map(([status]) => status).toSorted((x, y) => x - y)).toEqual([200, 409]);
  });

  it('does not begin anew when its memory is damaged', async () => {
    const started = await startWitness({
      dir: join(home.path, 'w'),
      signer: keys[0] ?? signer,
      logs: [signer.verifierKey],
      host: '127.0.0.1',
      port: 0,
      clock,
      onFault: (fault) => faults.push(fault as KeeplineError),
    });
    witnesses.push(started);
    const body = formatAddCheckpoint({ old: 0, proof: [], checkpoint: signCheckpoint(1, root, signer) });
    expect((await ask(started, body))[0]).toBe(200);
    for (const name of readdirSync(join(home.path, 'w'))) writeFileSync(join(home.path, 'w', name), 'gone');
    expect((await ask(started, body))[0]).toBe(500);
    expect(codes()).toEqual(['WITNESS_STATE_DAMAGED']);
  });
});
