import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decryptBytes, encryptBytes, newIdentity, recipientOf } from '@keepline/compliance/age';
import { openKeyStore } from '@keepline/compliance/keys';
import { systemClock as clock } from '@keepline/contracts/clock';
import { newId, type RecordingId } from '@keepline/contracts/ids';
import { type TempDir, tempDir } from '@keepline/testkit/temp-dir';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EventLog } from './events/event-log.ts';
import { wavHeader } from './recording/wav.ts';
import { SealedColumns } from './store/columns.ts';
import { Store } from './store/store.ts';
import { allTables } from './store/tables/all.ts';
import { latestCalls, openCall, updateCall } from './store/tables/calls.ts';

const MOBILE = '13812345678';
const NAME = '欧阳娜娜';
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SITE = `queues:\n  - name: service\n  - name: collection\n    businessLine: collection\n`;
let folder: TempDir;
let data = '';
const tapes: Record<string, RecordingId> = {};
let identity = '';

const run = (script: string, ...args: string[]): SpawnSyncReturns<string> =>
  spawnSync(process.execPath, [join(ROOT, script), ...args, '--data', data, '--json'], { encoding: 'utf8' });
const json = (made: SpawnSyncReturns<string>): unknown => {
  if (made.status !== 0) throw new Error(made.stderr);
  return JSON.parse(made.stdout);
};
const auditText = (): string =>
  readdirSync(join(data, 'audit'))
    .map((name) => (name.endsWith('.jsonl') ? readFileSync(join(data, 'audit', name), 'utf8') : ''))
    .join('');

beforeAll(async () => {
  folder = tempDir();
  data = join(folder.path, 'site');
  mkdirSync(join(data, 'recordings'), { recursive: true });
  writeFileSync(join(data, 'site.yaml'), SITE);
  identity = await newIdentity();
  const keys = await openKeyStore(join(data, 'keys'), { site: 'demo', clock });
  const columns = await SealedColumns.open(() => keys.columnKeys());
  const store = await Store.open(join(data, 'main.db'), allTables, { columns });
  const events = new EventLog({ store, clock });
  for (const [name, queue, callerNumber] of [
    ['free', 'service', MOBILE],
    ['byLaw', 'collection', `+86${MOBILE}`],
    ['held', 'service', `0${MOBILE}`],
    ['other', 'service', '13900000000'],
  ] as const) {
    const [id, callId] = [newId('rec', clock.now()), newId('call', clock.now())];
    tapes[name] = id;
    const sound = randomBytes(3200);
    const sealed = await encryptBytes(Buffer.concat([wavHeader(sound.length / 2), sound]), keys.recordingRecipient());
    writeFileSync(join(data, 'recordings', `${id}.wav.age`), sealed);
    const sha256 = createHash('sha256').update(sealed).digest('hex');
    await store.write(async (tx) => {
      await openCall(tx, { id: callId, trunk: 'local', callerNumber, callerName: NAME, dialledNumber: '95588', startedAtMs: clock.now() });
      await updateCall(tx, callId, { queue, endedAtMs: clock.now() });
      await events.append(tx, 'call.offered', { callId, trunk: 'local', callerNumber, callerName: NAME, dialledNumber: '95588' });
      const sql = `INSERT INTO recordings (id, call_id, agent_id, opened_at_ms, closed_at_ms, state, file, bytes, sha256) VALUES (?, ?, 'a', ?, ?, 'complete', ?, ?, ?)`;
      await tx.run(sql, id, callId, clock.now(), clock.now(), `${id}.wav.age`, sealed.length, sha256);
    });
  }
  await store.close();
});
afterAll(() => folder.remove());

describe('requests of a customer', () => {
  it('find what there is under a number, however it was spelt', () => {
    const found = json(run('gateway/src/subject-cli.ts', 'find', '--number', `+86 ${MOBILE}`));
    expect(found).toMatchObject({ recordings: [{ id: tapes['free'] }, { id: tapes['byLaw'] }, { id: tapes['held'] }] });
    expect(JSON.stringify(found)).not.toContain(MOBILE);
    const { pseudonyms } = found as { pseudonyms: string[] };
    const logged = /"act":"customer.find".*?"object":"(caller-[a-z]{32})"/.exec(auditText())?.[1] ?? '';
    expect(pseudonyms[0], 'the name of this act itself').toBe(logged);
    expect(pseudonyms.length).toBe(new Set(pseudonyms).size);
  }, 60_000);

  it('export all of it, sealed to whoever asked', async () => {
    const out = join(folder.path, 'out');
    const recipient = await recipientOf(identity);
    const made = json(run('gateway/src/subject-cli.ts', 'export', '--number', MOBILE, '--recipient', recipient, '--out', out));
    expect(made).toMatchObject({ files: ['customer.json.age', ...['free', 'byLaw', 'held'].map((name) => `${tapes[name]}.wav.age`)] });
    const copy: unknown = JSON.parse((await decryptBytes(readFileSync(join(out, 'customer.json.age')), identity)).toString('utf8'));
    expect(copy).toMatchObject({ calls: [{ callerName: NAME }, {}, {}], events: [{ data: { callerNumber: MOBILE } }, {}, {}] });
    const wav = await decryptBytes(readFileSync(join(out, `${tapes['free']}.wav.age`)), identity);
    expect(wav.subarray(0, 4).toString()).toBe('RIFF');
  }, 60_000);

  it('delete what may go, and name what law and hold keep', () => {
    const held = ['hold', 'add', '--recording', tapes['held'] ?? '', '--reason', 'case 7'];
    const { id } = json(run('gateway/src/retention-cli.ts', ...held)) as { id: string };
    const report = json(run('gateway/src/subject-cli.ts', 'delete', '--number', MOBILE));
    expect(report).toMatchObject({
      deleted: [tapes['free']],
      kept: [
        { recordingId: tapes['byLaw'], why: expect.stringMatching(/^collection: until 20/) },
        { recordingId: tapes['held'], why: `hold ${id}` },
      ],
    });
    const { facts } = json(run('gateway/src/retention-cli.ts', 'certificate', tapes['free'] ?? '')) as { facts: Record<string, string> };
    expect(facts).toMatchObject({ recording: tapes['free'], why: 'request of the customer' });
    expect(json(run('gateway/src/retention-cli.ts', 'hold', 'remove', id))).toEqual({ id, released: true });
    expect(json(run('gateway/src/subject-cli.ts', 'delete', '--number', MOBILE))).toMatchObject({ deleted: [tapes['held']] });
    expect(json(run('gateway/src/subject-cli.ts', 'find', '--number', '13900000000'))).toMatchObject({
      recordings: [{ id: tapes['other'] }],
    });
    const out = join(folder.path, 'deletion.tlog-proof');
    const prove = [join(ROOT, 'compliance/src/audit-cli.ts'), 'prove', facts['audit'] ?? '', '--data', data, '--out', out];
    expect(spawnSync(process.execPath, prove, { encoding: 'utf8' })).toMatchObject({ status: 0 });
    expect(readFileSync(out, 'utf8')).toContain('tlog-proof');

    // on a machine that has the certificate, the proof and the key, and nothing else of the site
    const { certificate } = json(run('gateway/src/retention-cli.ts', 'certificate', tapes['free'] ?? '')) as { certificate: string };
    const file = join(folder.path, 'certificate');
    writeFileSync(file, certificate);
    const verifier = join(folder.path, 'verifier');
    writeFileSync(verifier, readFileSync(join(data, 'keys/audit.verifier')));
    const elsewhere = (...more: string[]) =>
      spawnSync(
        process.execPath,
        [join(ROOT, 'gateway/src/retention-cli.ts'), 'certificate', 'verify', file, '--verifier', verifier, ...more, '--json'],
        {
          encoding: 'utf8',
        },
      );
    expect(json(elsewhere('--proof', out))).toMatchObject({ ok: true, facts: { recording: tapes['free'] }, entry: expect.any(Number) });
    const other = json(run('gateway/src/retention-cli.ts', 'certificate', tapes['held'] ?? '')) as { certificate: string };
    writeFileSync(file, other.certificate);
    expect(elsewhere('--proof', out).stderr).toContain('CERTIFICATE_NOT_PROVEN');
    writeFileSync(file, certificate.replace('deleted 2', 'deleted 1'));
    expect(elsewhere().stderr).toContain('TLOG_NOTE_INVALID');
  }, 120_000);

  it('stand in the audit log by pseudonym only', () => {
    expect(auditText()).toMatch(/"act":"customer.export".*"object":"caller-[a-z]{32}"/);
    expect(auditText()).toContain(`"act":"recording.delete","who":"os:`);
    expect([MOBILE, NAME].filter((text) => auditText().includes(text))).toEqual([]);
  });
});

describe('rotation of the column key', () => {
  it('seals every row anew and destroys the former key, while another process goes on', async () => {
    const keys = await openKeyStore(join(data, 'keys'), { site: 'demo', clock });
    const before = (await keys.columnKeys()).current.id;
    const store = await Store.open(join(data, 'main.db'), allTables, { columns: await SealedColumns.open(() => keys.columnKeys()) });
    const report = json(run('gateway/src/rotate-keys-cli.ts', 'rotate', 'column', '--wait-seconds', '0'));
    expect(report).toMatchObject({ column: { retired: [before] } });
    expect((await latestCalls(store.read, 10)).filter(({ callerNumber }) => callerNumber === '13900000000')).toHaveLength(1);
    await store.close();
    expect(readFileSync(join(data, 'main.db')).includes(`k1.${before}`)).toBe(false);
    expect(readdirSync(join(data, 'keys')).filter((name) => name.startsWith('column.key'))).toEqual(['column.key']);
  }, 60_000);
});

describe('the key store at the console', () => {
  it('says what it is, is put under a passphrase, and every command needs it from then on', () => {
    expect(json(run('compliance/src/keys-cli.ts', 'status'))).toMatchObject({ root: 'file' });
    const file = join(folder.path, 'passphrase');
    writeFileSync(file, 'six words that nobody would guess\n', { mode: 0o600 });
    process.env['KEEPLINE_PASSPHRASE_FILE'] = file;
    try {
      expect(json(run('compliance/src/keys-cli.ts', 'init', '--root', 'passphrase'))).toMatchObject({ root: 'passphrase' });
      expect(json(run('gateway/src/subject-cli.ts', 'find', '--number', '13900000000'))).toMatchObject({
        recordings: [{ id: tapes['other'] }],
      });
      const { shares } = json(run('compliance/src/keys-cli.ts', 'split', '--threshold', '2', '--shares', '3')) as { shares: string[] };
      expect(shares).toHaveLength(3);
      expect(auditText()).toContain('"object":"key:recording-identity:2of3"');
      expect(shares.filter((share) => auditText().includes(share.slice(16, 40)))).toEqual([]);
    } finally {
      delete process.env['KEEPLINE_PASSPHRASE_FILE'];
    }
    const refused = run('gateway/src/subject-cli.ts', 'find', '--number', '13900000000');
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain('KEY_ROOT_LOCKED');
  }, 60_000);
});
