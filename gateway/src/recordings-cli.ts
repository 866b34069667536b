/**
 * `./keepline recordings list | show ID | export ID | verify FILE`: reads the ledger beside a running gateway, audits what it does, and
 * decrypts with the identity.
 */
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { databaseOf, openSiteConsole } from '@keepline/compliance/console';
import { type KeyStore } from '@keepline/compliance/keys';
import { readSm4Key } from '@keepline/compliance/sm4-file';
import type { AuditAct } from '@keepline/contracts/audit-acts';
import { systemClock as clock } from '@keepline/contracts/clock';
import { endWith } from '@keepline/contracts/command-end';
import { KeeplineError, messageOf } from '@keepline/contracts/errors';
import { isId } from '@keepline/contracts/ids';
import { performAtConsole } from './identity/console-approval.ts';
import { findInArchive } from './recording/archive-rows.ts';
import { ExportNotProven, RecordingNotFound } from './recording/errors.ts';
import type { Certificate } from './recording/export-certificate.ts';
import { draftFor, exportAge, exportWav, findFinished } from './recording/export-recording.ts';
import { type LedgerRow, listRows } from './recording/ledger.ts';
import { pausesOf } from './recording/pauses.ts';
import { verifySignedWav } from './recording/signed-wav.ts';
import { Connection } from './store/connection.ts';
import { Store } from './store/store.ts';
import { allTables } from './store/tables/all.ts';

const USAGE = `usage: ./keepline recordings list [--data DIR] [--limit N] [--json]
       ./keepline recordings show ID [--data DIR] [--json]
       ./keepline recordings export ID [--data DIR] [--identity FILE] [--out FILE]
                                     [--age | --cipher sm4 --key-file FILE] [--purpose TEXT] [--approval ID] [--json]
       ./keepline recordings verify FILE [--data DIR | --verifier KEY] [--json]

  --identity FILE  the recording identity, where it is not kept in DIR/keys
  --out FILE       where to write; ID.wav in this folder by default, never over an existing file
  --age            the encrypted file, for: age -d -i IDENTITY FILE
  --cipher sm4     the signed WAV under SM4 and SM3 with the key of FILE (./keepline keys sm4 new-key); opens with keys sm4 open
  --purpose TEXT   why; goes into the audit log
  --verifier KEY   the public key of the site's audit log, to check an exported WAV on a machine without the site`;
const LIST_LIMIT = 100;
const ROOT_DATA = fileURLToPath(new URL('../../var', import.meta.url));

interface Site {
  readonly recordings: string;
  readonly database: Connection;
  readonly keys: KeyStore;
  readonly data: string;
  /** Who sits at the console. */
  readonly who: string;
  audited<T>(act: AuditAct, object: string, purpose: string, run: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

async function openSite(data: string): Promise<Site> {
  const path = databaseOf(data);
  const { keys, actor, audited, close } = await openSiteConsole(data);
  const database = await Connection.open(path);
  await database.exec('PRAGMA query_only = ON');
  return {
    recordings: join(data, 'recordings'),
    data,
    who: actor.who,
    database,
    keys,
    audited,
    async close() {
      await database.close();
      await close();
    },
  };
}

async function list(site: Site, limit: number, json: boolean): Promise<void> {
  const rows = await site.audited('recording.list', '', '', () => listRows(site.database, limit));
  if (json) return console.log(JSON.stringify(rows));
  if (rows.length === 0) return console.log('no recordings yet');
  console.log('opened                recording                                 state        seconds  agent');
  for (const row of rows) console.log(line(row));
}

function line({ openedAtMs, id, state, durationMs, agentId, why, source, sourceSession }: LedgerRow): string {
  const opened = new Date(openedAtMs).toISOString().slice(0, 19).replace('T', ' ');
  const whose = source === 'own' ? agentId : `${source} ${sourceSession ?? ''}`;
  const seconds = durationMs === null ? '-' : (durationMs / 1000).toFixed(1);
  return `${opened}   ${id.padEnd(41)} ${state.padEnd(12)} ${seconds.padStart(7)}  ${whose}${why === null ? '' : `  (${why})`}`;
}

interface ExportOptions {
  readonly identity: string | undefined;
  readonly out: string | undefined;
  readonly age: boolean;
  /** File of the SM4 key; undefined for another form. */
  readonly sm4KeyFile: string | undefined;
  readonly purpose: string;
  readonly approval: string | undefined;
  readonly json: boolean;
}

async function exportOne(site: Site, id: string, { identity, out, age, sm4KeyFile, purpose, json }: ExportOptions): Promise<void> {
  const target = resolve(out ?? `${id}.wav${age ? '.age' : sm4KeyFile === undefined ? '' : '.sm4'}`);
  const key = (): Promise<string> => (identity === undefined ? site.keys.recordingIdentity() : identityFrom(identity));
  const sm4 = sm4KeyFile === undefined ? undefined : await readSm4Key(sm4KeyFile); // a key that is none is told before anything is audited
  const draft = await draftFor(target);
  try {
    const row = await site.audited('recording.export', id, purpose, async () => {
      const found = await findFinished(site.database, site.recordings, id);
      if (age) await exportAge(site.recordings, found.known, { identity: key, recipient: site.keys.recordingRecipient() }, draft.path);
      else await exportWav(site.recordings, found, { identity: await key(), signer: site.keys.auditSigner(), sm4 }, draft.path);
      return found.row;
    });
    await draft.done(); // after the outcome: what the log does not know to be done is not given out
    const { state, durationMs, sha256 } = row;
    if (json) console.log(JSON.stringify({ id, file: target, state, durationMs, sha256 }));
    else console.log(`${target} (${state}, ${((durationMs ?? 0) / 1000).toFixed(1)} s)`);
  } catch (thrown) {
    await draft.undo();
    throw thrown;
  }
}

/** With the approval of a second person where the site demands it; the ledger itself stays read-only. */
async function exportApproved(site: Site, id: string, o: ExportOptions): Promise<void> {
  const store = await Store.open(join(site.data, 'main.db'), allTables);
  const bound = {
    act: 'recording.export',
    object: id,
    params: { as: o.age ? 'age' : o.sm4KeyFile === undefined ? 'wav' : 'sm4' },
  } as const;
  try {
    await performAtConsole({ store, clock, who: site.who, audited: (...act) => site.audited(...act) }, bound, o.approval, () =>
      exportOne(site, id, o),
    );
  } finally {
    await store.close();
  }
}

async function show(site: Site, id: string, json: boolean): Promise<void> {
  const row = await site.audited('recording.list', id, '', async () => {
    const found = await findInArchive(site.database, id);
    if (!found) throw new RecordingNotFound(id);
    return { ...found, pauses: await pausesOf(site.database, id) };
  });
  if (json) return console.log(JSON.stringify(row));
  for (const [name, value] of Object.entries(row))
    console.log(`${name.padEnd(13)} ${typeof value === 'object' ? JSON.stringify(value) : value}`);
}

/** An exported WAV against its certificate; with the site at hand, against its ledger too. */
async function verify(path: string, verifierKey: string, site: Site | undefined, json: boolean): Promise<void> {
  const check = async (): Promise<Certificate> => {
    const certificate = await verifySignedWav(path, verifierKey);
    const row = site && (await findInArchive(site.database, certificate.recordingId));
    if (site && row?.callId !== certificate.callId) throw new ExportNotProven(path, 'the ledger does not know this recording of this call');
    if (row && (row.sha256 ?? '-') !== certificate.ledgerSha256) throw new ExportNotProven(path, 'the ledger has another file for it');
    return certificate;
  };
  const certificate = site ? await site.audited('recording.verify', '', '', check) : await check();
  if (json) return console.log(JSON.stringify({ file: path, proven: true, ...certificate }));
  console.log(`${path} is what was recorded: ${certificate.recordingId} of ${certificate.callId}, opened ${certificate.openedAt}`);
}

/** An identity file as `age-keygen` and the key store write it. */
async function identityFrom(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new KeeplineError('IDENTITY_UNREADABLE', `cannot read ${path}: ${messageOf(cause)}`, {
      hint: 'Check the path given with --identity and the rights of this user.',
      offending: path,
      cause,
    });
  });
  return text.split('\n').find((row) => row.startsWith('AGE-SECRET-KEY-')) ?? '';
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      data: { type: 'string' },
      identity: { type: 'string' },
      out: { type: 'string' },
      purpose: { type: 'string', default: '' },
      approval: { type: 'string' },
      verifier: { type: 'string' },
      cipher: { type: 'string' },
      'key-file': { type: 'string' },
      limit: { type: 'string', default: String(LIST_LIMIT) },
      age: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const [command, id = ''] = positionals;
  const limit = Number(values.limit);
  const sm4KeyFile = values['key-file'];
  const isCipher =
    values.cipher === undefined ? sm4KeyFile === undefined : values.cipher === 'sm4' && sm4KeyFile !== undefined && !values.age;
  const sound =
    (command === 'list' && Number.isInteger(limit) && limit > 0) ||
    ((command === 'export' || command === 'show') && isId('rec', id)) ||
    (command === 'verify' && id !== '');
  if (values.help || !sound || !isCipher) {
    (values.help ? console.log : console.error)(USAGE);
    return values.help ? 0 : 2;
  }
  if (command === 'verify' && values.verifier !== undefined) {
    await verify(resolve(id), values.verifier, undefined, values.json);
    return 0;
  }
  const site = await openSite(resolve(values.data ?? ROOT_DATA));
  try {
    if (command === 'list') await list(site, limit, values.json);
    else if (command === 'show') await show(site, id, values.json);
    else if (command === 'verify') await verify(resolve(id), site.keys.auditSigner().verifierKey, site, values.json);
    else await exportApproved(site, id, { ...values, sm4KeyFile, identity: values.identity, out: values.out, approval: values.approval });
  } finally {
    await site.close();
  }
  return 0;
}

await endWith(main, USAGE);
