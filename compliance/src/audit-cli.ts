/**
 * `./keepline audit verify | list | prove | export`: reads the audit log beside a running gateway, and checks it, an export or a proof on any
 * machine. What shows entries is itself audited.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { AUDIT_ACTS, type AuditAct, type Sensitivity } from '@keepline/contracts/audit-acts';
import { endWith } from '@keepline/contracts/command-end';
import { AuditFileUnreadable, AuditLogAbsent } from './audit/errors.ts';
import { asTiles } from './audit/export-tiles.ts';
import { asBundle, type ExportForm, exportAuditLog } from './audit/export.ts';
import { listEntries } from './audit/list.ts';
import { type NewFile, type NewFolder, newFile, newFolder } from './audit/new-file.ts';
import { findEntry, proveEntry, verifyEntryProof } from './audit/prove.ts';
import { verifyAuditExport } from './audit/verify-export.ts';
import { type AuditVerdict, verifyAuditLog } from './audit/verify.ts';
import { openSiteConsole, type SiteConsole } from './console.ts';
import { openCheckpoint } from './tlog/checkpoint.ts';
import { verifierFrom } from './tlog/signed-note.ts';
import { parseTlogProof, PROOF_EXTENSION, PROOF_VERSION } from './tlog/tlog-proof.ts';
import { serveWitness } from './witness/serve.ts';

const USAGE = `usage: ./keepline audit verify [--data DIR] [--export FILE | --proof FILE] [--key VERIFIER] [--against FILE] [--json]
       ./keepline audit list [--data DIR] [--limit N] [--act ACT] [--json]
       ./keepline audit prove ID|NUMBER [--data DIR] [--export FILE] [--out FILE] [--purpose TEXT] [--json]
       ./keepline audit export --out FILE [--tiles] [--data DIR] [--purpose TEXT] [--json]
       ./keepline audit prune --dry-run | --yes [--export FILE] [--data DIR] [--site FILE] [--purpose TEXT] [--json]
       ./keepline audit witness --listen HOST:PORT --log KEY [--log KEY ...] [--data DIR] [--key FILE] [--name NAME] [--json]

  verify          checks every byte offline; ends with 0 when all holds, with 1 and the place of the first fault when not
  --key VERIFIER  the public key of the log, or a file that holds it; DIR/keys/audit.verifier by default
  --against FILE  a checkpoint or proof kept elsewhere: shows a log that was cut back or signed anew
  prove           one entry with all that proves it (C2SP tlog-proof); ID is the correlation that audit list shows
  --export FILE   where the text of an entry is that was pruned
  --out FILE      where to write, never over an existing file; a proof goes to audit-NUMBER${PROOF_EXTENSION} by default
  --tiles         export a folder instead, as a C2SP tlog-tiles log that other tools read
  prune           lets entries go that are older than audit.retentionDays; their hashes stay, and verify says which went
  witness         cosigns the checkpoints of logs, on a machine their administrators have no rights on; KEY is the log's audit.verifier
  --purpose TEXT  why; goes into the audit log`;
const LIST_LIMIT = 50;
const ROOT_DATA = fileURLToPath(new URL('../../var', import.meta.url));
/** What each command is audited as. Checking shows no entry, and what is checked elsewhere has no log to write to. */
const SENSITIVE = {
  list: 'audit.read',
  prove: 'audit.read',
  export: 'audit.export',
  verify: false,
  witness: false, // sees hashes only, and stands outside the site
} as const satisfies Readonly<Record<string, Sensitivity>>;

interface Given {
  readonly data: string;
  readonly json: boolean;
  readonly purpose: string;
  readonly key: string | undefined;
  readonly against: string | undefined;
}

/** The log of a site, opened with its signing key: for commands that leave their mark in it. */
async function withLog<T>(
  data: string,
  work: (site: SiteConsole & { readonly dir: string; readonly verifierKey: string }) => Promise<T>,
): Promise<T> {
  const dir = join(data, 'audit');
  if (!existsSync(dir)) throw new AuditLogAbsent(dir);
  const opened = await openSiteConsole(data);
  try {
    return await work({ ...opened, dir, verifierKey: opened.keys.auditSigner().verifierKey });
  } finally {
    await opened.close();
  }
}

async function list({ data, json, purpose }: Given, limit: number, act: AuditAct | undefined): Promise<void> {
  const entries = await withLog(data, ({ dir, audited }) =>
    audited(SENSITIVE.list, 'audit:list', purpose, () => listEntries(dir, act === undefined ? { limit } : { limit, act })),
  );
  if (json) return console.log(JSON.stringify(entries));
  console.log('  number  time (UTC)           act                outcome  who                   object');
  for (const { number, time, act: name, outcome, who, object } of entries) {
    const when = String(time).slice(0, 19).replace('T', ' ');
    console.log(
      `${String(number).padStart(8)}  ${when}  ${String(name).padEnd(17)}  ${String(outcome).padEnd(7)}  ${String(who).padEnd(20)}  ${String(object)}`,
    );
  }
}

async function prove({ data, json, purpose }: Given, id: string, out: string | undefined, exported: string | undefined): Promise<void> {
  const proof = await withLog(data, ({ log, dir, verifierKey, audited }) =>
    audited(SENSITIVE.prove, `audit:${id}`, purpose, async () => {
      await log.checkpoint(); // so that what was appended just now can be proven
      const number = /^\d+$/.test(id) ? Number(id) : await findEntry(dir, id);
      const text = await proveEntry(dir, verifierFrom(verifierKey), number, exported);
      return { number, text, verifierKey };
    }),
  );
  const path = resolve(out ?? `audit-${proof.number}${PROOF_EXTENSION}`);
  const file = await newFile(path);
  try {
    await file.write(proof.text);
    await file.publish();
  } finally {
    await file.close();
  }
  const { size, origin } = verifyEntryProof(proof.text, proof.verifierKey);
  if (json) console.log(JSON.stringify({ entry: proof.number, file: path, size, origin }));
  else console.log(`${path} (entry ${proof.number} of ${origin}, under the checkpoint of ${size} entries)`);
}

/** Into one file, or with `tiles` into a folder. */
async function exportAll({ data, json, purpose }: Given, out: string, tiles: boolean): Promise<void> {
  const path = resolve(out);
  const [draft, form] = tiles ? await tilesAt(path) : await bundleAt(path);
  try {
    const exported = await withLog(data, ({ log, dir, verifierKey, audited }) =>
      audited(SENSITIVE.export, 'audit:export', purpose, async () => {
        await log.checkpoint();
        return { ...(await exportAuditLog(dir, verifierFrom(verifierKey), form)), verifierKey };
      }),
    );
    await draft.publish(); // after the outcome: what the log does not know to be done is not given out
    if (json) return console.log(JSON.stringify({ file: path, ...exported }));
    console.log(`${path} (${exported.entries} entries, root ${exported.root})`);
    console.log(
      tiles
        ? `a C2SP tlog-tiles log, for any tool that reads those; its key: ${exported.verifierKey}`
        : `check it anywhere: ./keepline audit verify --export FILE --key '${exported.verifierKey}'`,
    );
  } finally {
    await draft.close();
  }
}

async function bundleAt(path: string): Promise<[NewFile, ExportForm]> {
  const file = await newFile(path);
  return [file, asBundle((piece) => file.write(piece))];
}

async function tilesAt(path: string): Promise<[NewFolder, ExportForm]> {
  const folder = await newFolder(path);
  return [folder, asTiles(folder.path)];
}

async function verify(given: Given, { exported, proof }: { exported: string | undefined; proof: string | undefined }): Promise<number> {
  const key = await verifierKeyOf(given);
  if (proof !== undefined) {
    const { origin, entry, size, line } = verifyEntryProof(await textOf(proof), key);
    if (given.json) console.log(JSON.stringify({ ok: true, origin, entry, size, line: JSON.parse(line) }));
    else console.log(`holds: entry ${entry} of ${origin}, under the checkpoint of ${size} entries\n${line}`);
    return 0;
  }
  const dir = join(given.data, 'audit');
  if (exported === undefined && !existsSync(dir)) throw new AuditLogAbsent(dir);
  const kept = given.against === undefined ? [] : [openCheckpoint(checkpointIn(await textOf(given.against)), verifierFrom(key))];
  const verdict = exported === undefined ? await verifyAuditLog(dir, key, kept) : await verifyAuditExport(exported, key, kept);
  if (given.json) console.log(JSON.stringify(verdict));
  else console.log(verdictText(verdict));
  return verdict.ok ? 0 : 1;
}

/** A checkpoint stands by itself, or at the end of a proof. */
function checkpointIn(text: string): string {
  return text.startsWith(PROOF_VERSION) ? parseTlogProof(text).checkpoint : text;
}

function verdictText({
  entries,
  signed,
  checkpoints,
  root,
  fault,
  pruned,
  remnantBytes = 0,
  unacknowledgedBytes = 0,
}: AuditVerdict): string {
  if (fault) {
    const { entry, until, file, offset, why } = fault;
    const where = until === undefined ? `entry ${entry}` : `one of the entries ${entry} to ${until - 1}`;
    return `BROKEN at ${where}, byte ${offset} of ${file}: ${why}\n  ${entries} entries before it were read, ${signed} are signed. Keep all files as they are: docs/runbook/audit-broken.md`;
  }
  const notes = [
    pruned === undefined
      ? ''
      : `\n  entries 0 to ${pruned.entries - 1} (until ${pruned.newest}) were pruned on ${pruned.at}; their hashes are in the root`,
    remnantBytes === 0
      ? ''
      : `\n  ${remnantBytes} bytes of them are still there: the pruning was interrupted; ./keepline audit prune --yes ends it`,
    entries === signed ? '' : `\n  ${entries - signed} of them wait for the next checkpoint`,
    unacknowledgedBytes === 0
      ? ''
      : `\n  ${unacknowledgedBytes} bytes behind them were promised to nobody: a process is writing, or was killed while it wrote`,
  ];
  return `holds: ${entries} entries under ${checkpoints} checkpoints, root ${root}${notes.join('')}`;
}

/** The public key: as given, in the file given, or in the data folder. @throws AuditFileUnreadable */
async function verifierKeyOf({ key, data }: Given): Promise<string> {
  if (key !== undefined && /^[^+\s]+\+[0-9a-f]{8}\+/.test(key)) return key;
  const text = await textOf(key ?? join(data, 'keys', 'audit.verifier'));
  return text.split('\n').find((line) => line !== '' && !line.startsWith('#')) ?? '';
}

function textOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((cause: unknown) => {
    throw new AuditFileUnreadable(path, cause);
  });
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      data: { type: 'string' },
      export: { type: 'string' },
      proof: { type: 'string' },
      key: { type: 'string' },
      against: { type: 'string' },
      out: { type: 'string' },
      purpose: { type: 'string', default: '' },
      limit: { type: 'string', default: String(LIST_LIMIT) },
      act: { type: 'string' },
      tiles: { type: 'boolean', default: false },
      listen: { type: 'string' },
      log: { type: 'string', multiple: true, default: [] },
      name: { type: 'string', default: `keepline/witness/${hostname()}` },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const [command, id, ...more] = positionals;
  const given: Given = {
    data: resolve(values.data ?? ROOT_DATA),
    json: values.json,
    purpose: values.purpose,
    key: values.key,
    against: values.against,
  };
  const limit = Number(values.limit);
  const act = AUDIT_ACTS.find((one) => one === values.act);
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  if (more.length === 0) {
    if (command === 'verify' && id === undefined && (values.export === undefined || values.proof === undefined))
      return verify(given, { exported: values.export, proof: values.proof });
    if (command === 'list' && id === undefined && Number.isSafeInteger(limit) && limit > 0 && act === values.act) {
      await list(given, limit, act);
      return 0;
    }
    if (command === 'prove' && id !== undefined && /^[A-Za-z0-9][A-Za-z0-9._:-]{0,95}$/.test(id)) {
      await prove(given, id, values.out, values.export);
      return 0;
    }
    if (command === 'witness' && id === undefined && values.listen !== undefined && values.log.length > 0) {
      const { listen, name, json, key } = values;
      const logs = await Promise.all(values.log.map((log) => verifierKeyOf({ ...given, key: log })));
      await serveWitness({ data: given.data, key, name, listen, logs, json });
      return 0;
    }
    if (command === 'export' && id === undefined && values.out !== undefined) {
      await exportAll(given, values.out, values.tiles);
      return 0;
    }
  }
  console.error(USAGE);
  return 2;
}

await endWith(main, USAGE);
