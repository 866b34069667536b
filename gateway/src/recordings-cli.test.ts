import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decryptBytes } from '@keepline/compliance/age';
import { AuditLog } from '@keepline/compliance/audit';
import { verifyAuditLog } from '@keepline/compliance/audit-verify';
import { type KeyStore, openKeyStore } from '@keepline/compliance/keys';
import { systemClock as clock } from '@keepline/contracts/clock';
import { newId, type RecordingId } from '@keepline/contracts/ids';
import { tempDir, type TempDir } from '@keepline/testkit/temp-dir';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { closeRow, openRow, leftOpen, recover } from './recording/ledger.ts';
import { closePause, openPause } from './recording/pauses.ts';
import { Recorder } from './recording/recorder.ts';
import { openOn } from './recording/testing/open-on.ts';
import { WAV_HEADER_BYTES, wavHeader } from './recording/wav.ts';
import { Store } from './store/store.ts';
import { callTables } from './store/tables/calls.ts';
import { recordingTables } from './store/tables/recordings.ts';

const CLI = fileURLToPath(new URL('./recordings-cli.ts', import.meta.url));
const SM4 = fileURLToPath(new URL('../../compliance/src/sm4-cli.ts', import.meta.url));
const ALAW = new Uint8Array(80_000).map((_, i) => i % 251);
const SAMPLES = ALAW.length / 2;
const WAV = Buffer.concat([wavHeader(SAMPLES), ALAW]);
let home: TempDir;
let data = '';
let keys: KeyStore;
let store: Store;
const finished = newId('rec', clock.now());
const interrupted = newId('rec', clock.now());
const at = (...names: string[]): string => join(data, ...names);

/** Records without an end: what a killed gateway leaves behind, by taking the files away before the recorder can finish them. */
async function leaveBehind(recorder: Recorder, id: RecordingId): Promise<void> {
  const { port, finished: end } = await openOn(recorder, id);
  port.postMessage({ kind: 'audio', startSample: 0, alaw: ALAW });
  const part = at('recordings', `${id}.wav.age.part`);
  await expect.poll(() => statSync(part).size).toBeGreaterThan(0);
  await expect.poll(() => statSync(at('recordings', `${id}.tail`)).size).toBeGreaterThan(131_072 + 14_000);
  const [partBytes, tailBytes] = [readFileSync(part), readFileSync(at('recordings', `${id}.tail`))];
  port.close();
  await end;
  renameSync(at('recordings', `${id}.wav.age`), at('away'));
  writeFileSync(part, partBytes);
  writeFileSync(at('recordings', `${id}.tail`), tailBytes);
}

beforeEach(async () => {
  home = tempDir();
  data = home.path;
  keys = await openKeyStore(at('keys'), { site: 'demo', clock });
  store = await Store.open(at('main.db'), [callTables, recordingTables]);
  const recorder = await Recorder.start({
    dir: at('recordings'),
    recipient: keys.recordingRecipient(),
    minFreeBytes: 0,
    clock,
    onFault: (fault) => {
      throw fault;
    },
  });
  for (const id of [finished, interrupted])
    await store.write((tx) => openRow(tx, { id, callId: newId('call', 0), agentId: 'agent1', openedAtMs: clock.now() }));
  const { port, finished: end } = await openOn(recorder, finished);
  port.postMessage({ kind: 'audio', startSample: 0, alaw: ALAW });
  port.postMessage({ kind: 'end', samples: SAMPLES });
  const result = await end;
  await store.write((tx) => closeRow(tx, finished, clock.now(), result));
  await leaveBehind(recorder, interrupted);
  await recorder.close();
  await recover(store, at('recordings'), clock, await leftOpen(store.read), async () => {});
});
afterEach(async () => {
  await store.close();
  home.remove();
});

/** Runs the command in a folder of its own; the database stays open, as beside a running gateway. */
function cli(...args: string[]): { status: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...args, '--data', data], { cwd: data, encoding: 'utf8' });
  return { status, out: stdout, err: stderr };
}
/** As a player reads it: what stands behind the audio is not looked at. */
function audioOf(path: string): Buffer {
  const file = readFileSync(path);
  expect(file.readUInt32LE(4)).toBe(file.length - 8);
  return file.subarray(WAV_HEADER_BYTES, WAV_HEADER_BYTES + file.readUInt32LE(54));
}
const acts = (): string[] =>
  readFileSync(at('audit', 'entries.jsonl'), 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line))
    .map(({ act, object, outcome }) => `${act} ${object} ${outcome}`);

describe('./keepline recordings', () => {
  it('lists the ledger, for people and for machines', () => {
    const people = cli('list');
    expect(people.out).toMatch(new RegExp(`${finished} +complete +5\\.0 {2}agent1`));
    expect(people.out).toMatch(new RegExp(`${interrupted} +interrupted +5\\.0 {2}agent1`));
    expect(JSON.parse(cli('list', '--json').out)).toHaveLength(2);
    expect(acts()).toEqual(Array(2).fill(['recording.list  intent', 'recording.list  done']).flat());
  });

  it.each([
    ['finished', finished],
    ['interrupted', interrupted],
  ])('exports a %s recording as the WAV it was, privately and audited, while the gateway appends too', async (_what, id) => {
    const log = await AuditLog.open({ dir: at('audit'), signer: keys.auditSigner(), clock, onFault: () => {} });
    expect(cli('export', id)).toMatchObject({ status: 0, err: '' });
    expect(audioOf(at(`${id}.wav`)).equals(WAV.subarray(WAV_HEADER_BYTES))).toBe(true);
    expect(statSync(at(`${id}.wav`)).mode & 0o777).toBe(0o600);
    await log.append({
      act: 'site.stop',
      who: 'gateway',
      role: 'process',
      from: 'local',
      object: '',
      purpose: '',
      outcome: 'done',
      correlation: 'x',
    });
    await log.close();
    expect(acts()).toEqual([`recording.export ${id} intent`, `recording.export ${id} done`, 'site.stop  done']);
    expect(await verifyAuditLog(at('audit'), keys.auditSigner().verifierKey)).toMatchObject({ ok: true, entries: 3, signed: 3 });
  });

  it('exports the signed WAV under SM4 and SM3, audited like any other, and with no key or another form not at all', async () => {
    const key = at('sm4.key');
    writeFileSync(key, `${'5a'.repeat(32)}\n`, { mode: 0o600 });
    for (const wrong of [
      ['--cipher', 'sm4'],
      ['--key-file', key, '--age'],
    ])
      expect(cli('export', finished, ...wrong).status).toBe(2);
    writeFileSync(at('short.key'), '5a\n', { mode: 0o600 });
    expect(cli('export', finished, '--cipher', 'sm4', '--key-file', at('short.key')).err).toContain('KEY_FILE_INVALID');
    expect(cli('export', finished, '--cipher', 'sm4', '--key-file', key, '--out', at('out.sm4'))).toMatchObject({ status: 0 });
    expect(acts()).toEqual([`recording.export ${finished} intent`, `recording.export ${finished} done`]);
    expect(statSync(at('out.sm4')).mode & 0o777).toBe(0o600);
    const opened = spawnSync(process.execPath, [SM4, 'sm4', 'open', at('out.sm4'), '--key-file', key, '--out', at('opened.wav')], {
      encoding: 'utf8',
    });
    expect(opened).toMatchObject({ status: 0, stderr: '' });
    expect(audioOf(at('opened.wav')).equals(WAV.subarray(WAV_HEADER_BYTES))).toBe(true);
    const proven = cli('verify', at('opened.wav'), '--json');
    expect(JSON.parse(proven.out)).toMatchObject({ proven: true, recordingId: finished });
  }, 60_000);

  it.each([
    ['finished', finished],
    ['interrupted', interrupted],
  ])('exports a %s recording encrypted, for the stock age tool', async (_what, id) => {
    expect(cli('export', id, '--age', '--out', at('out.age'))).toMatchObject({ status: 0 });
    expect((await decryptBytes(readFileSync(at('out.age')), await keys.recordingIdentity())).equals(WAV)).toBe(true);
  });

  it('takes the identity from elsewhere, and refuses clearly without one or with another', async () => {
    renameSync(at('keys', 'recording.identity'), at('safe'));
    expect(cli('export', finished)).toMatchObject({ status: 1, err: expect.stringContaining('KEY_IDENTITY_ABSENT') });
    const other = await openKeyStore(at('other'), { site: 'x', clock });
    writeFileSync(at('foreign'), await other.recordingIdentity());
    expect(cli('export', finished, '--identity', at('foreign'))).toMatchObject({ status: 1, err: expect.stringContaining('AGE_NO_MATCH') });
    expect(cli('export', finished, '--identity', at('none'))).toMatchObject({
      status: 1,
      err: expect.stringContaining('IDENTITY_UNREADABLE'),
    });
    expect(cli('export', finished, '--identity', at('safe'), '--json')).toMatchObject({ status: 0 });
    expect(acts().filter((act) => act.endsWith('failed'))).toHaveLength(3);
    expect(readdirSync(data).filter((name) => name.endsWith('.draft'))).toEqual([]);
  });

  it('never writes over a file, and names what it does not have', () => {
    writeFileSync(at(`${finished}.wav`), 'mine');
    expect(cli('export', finished)).toMatchObject({ status: 1, err: expect.stringContaining('EXPORT_TARGET_EXISTS') });
    expect(readFileSync(at(`${finished}.wav`), 'utf8')).toBe('mine');
    expect(cli('export', newId('rec', 0))).toMatchObject({ status: 1, err: expect.stringContaining('RECORDING_NOT_FOUND') });
    expect(cli('export', '../../etc/passwd')).toMatchObject({ status: 2 });
    const nowhere = spawnSync(process.execPath, [CLI, 'list', '--data', at('nowhere')], { encoding: 'utf8' });
    expect(nowhere).toMatchObject({ status: 1, stderr: expect.stringContaining('SITE_DATA_ABSENT') });
  });

  it('refuses a finished file that is not the one of the ledger', () => {
    const file = at('recordings', `${finished}.wav.age`);
    const bytes = readFileSync(file);
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    writeFileSync(file, bytes);
    expect(cli('export', finished)).toMatchObject({ status: 1, err: expect.stringContaining('RECORDING_CHANGED') });
    expect(cli('export', finished, '--age')).toMatchObject({ status: 1, err: expect.stringContaining('RECORDING_CHANGED') });
  });

  it('proves an exported WAV, here against the ledger and elsewhere by the public key, and refuses a changed one', async () => {
    cli('export', finished);
    const wav = at(`${finished}.wav`);
    expect(cli('verify', wav)).toMatchObject({ status: 0, out: expect.stringContaining(finished) });
    const elsewhere = (file: string, key = keys.auditSigner().verifierKey) =>
      spawnSync(process.execPath, [CLI, 'verify', file, '--verifier', key, '--json'], { cwd: data, encoding: 'utf8' });
    expect(JSON.parse(elsewhere(wav).stdout)).toMatchObject({ proven: true, recordingId: finished, state: 'complete' });
    expect(spawnSync('soxi', ['-s', wav], { encoding: 'utf8' })).toMatchObject({ status: 0, stdout: `${SAMPLES}\n` });
    const bytes = readFileSync(wav);
    const changed = (name: string, change: (copy: Buffer) => Buffer): string => {
      writeFileSync(at(name), change(Buffer.from(bytes)));
      return at(name);
    };
    const flipped = (place: number) => (copy: Buffer) => {
      copy[place] = (copy[place] ?? 0) ^ 1;
      return copy;
    };
    for (const file of [
      changed('audio.wav', flipped(1000)),
      changed('note.wav', flipped(bytes.indexOf('callId') + 12)),
      changed('cut.wav', (copy) => copy.subarray(0, 5000)),
      changed('bare.wav', (copy) => copy.subarray(0, WAV.length)),
      changed('text.wav', () => Buffer.from('no sound at all')),
    ])
      expect([file, elsewhere(file).stderr]).toEqual([file, expect.stringContaining('EXPORT_NOT_PROVEN')]);
    const other = await openKeyStore(at('other'), { site: 'demo', clock });
    expect(elsewhere(wav, other.auditSigner().verifierKey).stderr).toContain('EXPORT_NOT_PROVEN');
    await store.write((tx) => tx.run(`UPDATE recordings SET sha256 = 'another' WHERE id = ?`, finished));
    expect(cli('verify', wav)).toMatchObject({ status: 1, err: expect.stringContaining('EXPORT_NOT_PROVEN') });
  });

  it('shows one row with its pauses, without the caller', async () => {
    await store.write((tx) => openPause(tx, finished, 1000, 'agent'));
    await store.write((tx) => closePause(tx, finished, 3500, 'limit'));
    const { out } = cli('show', finished, '--json');
    expect(JSON.parse(out)).toMatchObject({ id: finished, pauses: [{ fromMs: 1000, toMs: 3500, by: 'agent', resumedBy: 'limit' }] });
    expect(out).not.toContain('callerNumber');
  });
});
