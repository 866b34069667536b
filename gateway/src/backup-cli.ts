/**
 * `./keepline backup run | list | verify | prune` beside a running gateway or without one, and `./keepline restore` on a machine that has no site.
 * Making and pruning are audited by the site; a restore has no log to write to before it is done: the first start on it tells the log.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { consoleActor, databaseOf, openSiteConsole } from '@keepline/compliance/console';
import type { NoteSigner } from '@keepline/compliance/note';
import type { AuditAct } from '@keepline/contracts/audit-acts';
import { systemClock as clock } from '@keepline/contracts/clock';
import { endWith } from '@keepline/contracts/command-end';
import type { SiteConfig } from '@keepline/contracts/site-config';
import { readSiteOf } from '@keepline/contracts/site-file';
import { BackupPlace } from './backup/backup-place.ts';
import { filesBeside } from './backup/data-files.ts';
import { BackupUnconfigured } from './backup/errors.ts';
import { makeBackup } from './backup/make-backup.ts';
import { beyond } from './backup/manifest.ts';
import { sendOffsite } from './backup/offsite.ts';
import { checkParts, restore } from './backup/open-backup.ts';
import { alone } from './backup/place-lock.ts';

const USAGE = `usage: ./keepline backup run [--to DIR] [--recipient age1…] [--with-keys] [--keep N]
       ./keepline backup list | verify [ID] [--from DIR] [--verifier KEY]
       ./keepline backup prune [--from DIR] [--keep N]
       each with [--data DIR] [--site FILE] [--json]
       ./keepline restore [ID] --from DIR --identity FILE --verifier KEY --data DIR [--json]

  --to, --from DIR  where backups lie; backup.folder of site.yaml by default
  --recipient       the age recipient they are encrypted to; backup.recipient by default
  --with-keys       the key store goes along, so that one identity restores everything (backup.withKeys)
  --keep N          how many backups are kept; the oldest go after the new one is whole (backup.keep)
  --identity FILE   what opens them: the file age-keygen made, on no machine of the site
  --verifier KEY    the public key of the site's audit log, or a file with it: DIR/keys/audit.verifier
  --data DIR        the data folder; a restore wants one that is not there or empty`;
const ROOT_DATA = fileURLToPath(new URL('../../var', import.meta.url));
const IDENTITY = /^AGE-SECRET-KEY-1[A-Z0-9]+$/m;

interface Values {
  readonly data: string | undefined;
  readonly site: string | undefined;
  readonly to: string | undefined;
  readonly from: string | undefined;
  readonly recipient: string | undefined;
  readonly identity: string | undefined;
  readonly verifier: string | undefined;
  readonly keep: string | undefined;
  readonly withKeys: boolean;
  readonly json: boolean;
}

interface Office {
  readonly data: string;
  readonly site: SiteConfig;
  readonly place: BackupPlace;
  readonly keep: number;
  readonly signer: NoteSigner;
  audited<T>(act: AuditAct, object: string, purpose: string, run: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

function settings(values: Values): {
  readonly data: string;
  readonly site: SiteConfig;
  readonly place: BackupPlace;
  readonly keep: number;
} {
  const data = resolve(values.data ?? ROOT_DATA);
  const site = readSiteOf(data, values.site);
  const folder = values.to ?? values.from ?? site.backup.folder;
  if (folder === '') throw new BackupUnconfigured('backup.folder');
  return { data, site, place: new BackupPlace(resolve(folder)), keep: Number(values.keep ?? site.backup.keep) };
}

async function openOffice(values: Values): Promise<Office> {
  const set = settings(values);
  databaseOf(set.data);
  const { keys, audited, close } = await openSiteConsole(set.data);
  return { ...set, signer: keys.auditSigner(), audited, close };
}

async function run(values: Values): Promise<number> {
  const office = await openOffice(values);
  const { data, site, place, keep, signer } = office;
  try {
    const recipient = values.recipient ?? site.backup.recipient;
    if (recipient === '') throw new BackupUnconfigured('backup.recipient');
    const withKeys = values.withKeys || site.backup.withKeys;
    const { head, writtenBytes, writtenParts } = await alone(place.path, () =>
      office.audited('backup.run', withKeys ? 'backup:with-keys' : 'backup:without-keys', '', async () => {
        const beside = filesBeside(data, values.site, withKeys);
        const done = await makeBackup({ data, site: site.site, place, recipient, withKeys, beside, signer, clock });
        await place.remove(beyond(await place.ids(), keep));
        return done;
      }),
    );
    const { address, folder, port, identityFile, knownHosts } = site.backup.offsite;
    const sent = address === '' ? undefined : await sendOffsite(place, { address, folder, port, identityFile, knownHosts }, keep);
    if (values.json) console.log(JSON.stringify({ ...head, writtenBytes, writtenParts, ...(sent && { offsite: sent }) }));
    else {
      console.log(
        `${head.id}: ${head.files} files, ${megabytes(head.bytes)} MB, of it ${megabytes(writtenBytes)} MB new; keys ${withKeys ? 'included' : 'left out'}`,
      );
      if (sent) console.log(`${address}: ${sent.backups} backup(s) and ${sent.parts} part(s) sent`);
    }
    return 0;
  } finally {
    await office.close();
  }
}

async function list(values: Values): Promise<number> {
  const { place } = settings(values);
  const heads = await Promise.all((await place.ids()).map((id) => place.head(id)));
  if (values.json) console.log(JSON.stringify(heads));
  else
    for (const { id, site, files, bytes, keys } of heads)
      console.log(`${id}  ${site}  ${files} files  ${megabytes(bytes)} MB  ${keys ? 'with keys' : 'without keys'}`);
  return 0;
}

async function verify(id: string | undefined, values: Values): Promise<number> {
  const { data, place } = settings(values);
  const { head, files } = await place.open(id, await verifierKey(values.verifier ?? join(data, 'keys/audit.verifier')));
  const parts = await checkParts(place, files);
  console.log(
    values.json
      ? JSON.stringify({ id: head.id, files: files.length, parts })
      : `${head.id}: whole, ${files.length} files in ${parts} parts`,
  );
  return 0;
}

async function prune(values: Values): Promise<number> {
  const office = await openOffice(values);
  const { place, keep } = office;
  try {
    const going = beyond(await place.ids(), keep);
    const { objects } = await alone(place.path, () => office.audited('backup.prune', `backup:keep-${keep}`, '', () => place.remove(going)));
    console.log(
      values.json ? JSON.stringify({ removed: going, parts: objects }) : `removed: ${going.length} backup(s), ${objects} part(s)`,
    );
    return 0;
  } finally {
    await office.close();
  }
}

async function putBack(id: string | undefined, { from, identity, verifier, data, json }: Values): Promise<number> {
  if (from === undefined || identity === undefined || verifier === undefined || data === undefined) return usage();
  const place = new BackupPlace(resolve(from));
  const key = await verifierKey(verifier);
  const secret = IDENTITY.exec(await readFile(identity, 'utf8'))?.[0] ?? '';
  const target = resolve(data);
  const backup = await place.open(id, key);
  const by = { ...consoleActor(), at: new Date(clock.now()).toISOString() };
  const done = await restore(place, backup, { target, identity: secret, verifierKey: key, by });
  const { head } = backup;
  if (json) console.log(JSON.stringify({ id: head.id, ...done, keys: head.keys }));
  else {
    console.log(
      `${head.id} of ${head.site}: ${done.files} files, ${megabytes(done.bytes)} MB in ${target}; databases whole, ${done.auditEntries} audit entries verify`,
    );
    if (!head.keys)
      console.log('without keys: put the key store of the same time into keys/ before the first start (docs/runbook/restore.md)');
  }
  return 0;
}

/** A key as text, or a file with it; key files have comment lines. */
async function verifierKey(given: string): Promise<string> {
  if (!existsSync(given)) return given;
  const lines = (await readFile(given, 'utf8')).split('\n');
  return lines.find((line) => line !== '' && !line.startsWith('#')) ?? '';
}

const megabytes = (bytes: number): string => (bytes / 1_000_000).toFixed(1);

function usage(): number {
  console.error(USAGE);
  return 2;
}

async function main(): Promise<number> {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      ...{ data: text, site: text, to: text, from: text, recipient: text, identity: text, verifier: text, keep: text },
      ...{ 'with-keys': flag, json: flag, help: flag },
    },
  });
  const [command, id] = positionals;
  const { data, site, to, from, recipient, identity, verifier, keep, json } = values;
  const given: Values = { data, site, to, from, recipient, identity, verifier, keep, withKeys: values['with-keys'], json };
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  if (keep !== undefined && !/^[1-9]\d{0,3}$/.test(keep)) return usage();
  switch (command) {
    case 'run':
      return run(given);
    case 'list':
      return list(given);
    case 'verify':
      return verify(id, given);
    case 'prune':
      return prune(given);
    case 'restore':
      return putBack(id, given);
    default:
      return usage();
  }
}

await endWith(main, USAGE);
