/**
 * `./keepline keys status | init | rewrap | export | escrow | split | combine | lock | forget | follow`: the key store of a site. Acts are audited as done by the user of
 * the system; what is secret goes to a file or to the terminal once, never into the log.
 */
import { existsSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { AuditAct } from '@keepline/contracts/audit-acts';
import { systemClock as clock } from '@keepline/contracts/clock';
import { KeeplineError, messageOf } from '@keepline/contracts/errors';
import { openSiteConsole } from './console.ts';
import { encryptBytes } from './keys/age-file.ts';
import { followHandovers } from './keys/audit-handover.ts';
import { forgetIdentity, lockIdentity, splitIdentity, UNLOCK_MINUTES_MAX, unlockIdentity } from './keys/identity-shares.ts';
import { readKeyFile } from './keys/key-file.ts';
import { UNLOCKED_FILE } from './keys/key-names.ts';
import { readKeyStore } from './keys/key-store.ts';
import { initRoot, keyStatus, rewrapRoot, secretFiles } from './keys/root-change.ts';
import type { RootChoice } from './keys/root-key.ts';
import { rootSecrets } from './keys/root-secrets.ts';
import { openRoot } from './keys/store-key.ts';

const USAGE = `usage: ./keepline keys status [--json]
       ./keepline keys init | rewrap --root passphrase | credential | pkcs11 [--credential NAME] [--module FILE --token LABEL --label LABEL]
       ./keepline keys rotate NAME … | --all [--dry-run]
       ./keepline keys export recording-identity --out FILE
       ./keepline keys escrow --recipient age1… --out FILE
       ./keepline keys split --threshold M --shares N
       ./keepline keys combine [--minutes N] | keys lock | keys forget
       ./keepline keys follow --key KEY audit.handover.* …      without a site
       each with [--data DIR] [--purpose TEXT]

  rewrap   reads the new passphrase or PIN from KEEPLINE_NEW_SECRET_FILE where old and new differ
  escrow   all secret keys in one file for an offline age identity
  split    prints each share once
  combine  reads shares, one per line; the identity is open for so many minutes (15)
  follow   from an audit key you trust to the one in use now, by the handovers of its rotations
  forget   removes the identity from this machine, while the shares have it open`;
const ROOT_DATA = fileURLToPath(new URL('../../var', import.meta.url));
const MINUTES = 15;

interface Given {
  readonly dir: string;
  readonly data: string;
  readonly purpose: string;
  readonly json: boolean;
  readonly choice: RootChoice | undefined;
  readonly text: (name: 'out' | 'recipient') => string;
  readonly threshold: number;
  readonly shares: number;
  readonly minutes: number;
}

/** The signer is read first: a store that cannot be opened is not changed. */
async function act<T>(given: Given, name: AuditAct, object: string, run: () => Promise<T>): Promise<T> {
  const opened = await openSiteConsole(given.data, given.dir);
  try {
    return await opened.audited(name, object, given.purpose, run);
  } finally {
    await opened.close();
  }
}

async function status({ dir, json }: Given): Promise<void> {
  const found = await keyStatus(dir);
  if (json) return console.log(JSON.stringify(found));
  console.log(
    `root key: ${found.root}${found.root === 'file' ? ' - the keys lie in clear, protected by file modes alone: fit for a demo' : ''}`,
  );
  for (const { name, kind, state } of found.files) console.log(`${state.padEnd(8)}${kind.padEnd(22)}${name}`);
}

async function init(given: Given): Promise<void> {
  if (!given.choice) return;
  const { choice } = given;
  const sealed = await act(given, 'key.root', `root:${choice.from}`, () => initRoot(given.dir, choice, rootSecrets(), clock.now()));
  console.log(
    given.json
      ? JSON.stringify({ root: choice.from, sealed })
      : `root key: ${choice.from}; sealed: ${sealed.join(', ')}. Restart the site.`,
  );
}

async function rewrap(given: Given): Promise<void> {
  if (!given.choice) return;
  const { choice } = given;
  const file = process.env['KEEPLINE_NEW_SECRET_FILE'];
  const next = rootSecrets(
    file === undefined ? process.env : { ...process.env, KEEPLINE_PASSPHRASE_FILE: file, KEEPLINE_PKCS11_PIN_FILE: file },
  );
  await act(given, 'key.root', `root:${choice.from}`, () => rewrapRoot(given.dir, rootSecrets(), choice, next, clock.now()));
  console.log(given.json ? JSON.stringify({ root: choice.from }) : `root key: ${choice.from}`);
}

async function exportIdentity(given: Given): Promise<void> {
  await act(given, 'key.export', 'key:recording-identity', async () => {
    const identity = await (await readKeyStore(given.dir)).recordingIdentity();
    await writeSecret(resolve(given.text('out')), Buffer.from(`${identity}\n`));
  });
  console.log(`${resolve(given.text('out'))}: keep it away from this machine`);
}

async function escrow(given: Given): Promise<void> {
  await act(given, 'key.escrow', 'key:all', async () => {
    const { storeKey } = await openRoot(given.dir);
    const keys: Record<string, unknown> = {};
    for (const [name, kind] of await secretFiles(given.dir)) {
      if (name === UNLOCKED_FILE) continue; // what the shares opened for an hour is not to lie in a safe as well
      const file = await readKeyFile(join(given.dir, name), kind, storeKey);
      if (file) keys[name] = { kind, created: new Date(file.createdMs).toISOString(), key: file.key };
    }
    await writeSecret(
      resolve(given.text('out')),
      await encryptBytes(Buffer.from(`${JSON.stringify({ v: 1, keys }, null, 2)}\n`), given.text('recipient')),
    );
  });
  console.log(`${resolve(given.text('out'))}: opens with the offline identity only`);
}

async function split(given: Given): Promise<void> {
  const { dir, threshold, shares } = given;
  const made = await act(given, 'key.split', `key:recording-identity:${threshold}of${shares}`, () => splitIdentity(dir, threshold, shares));
  if (given.json) console.log(JSON.stringify({ shares: made }));
  else for (const share of made) console.log(share);
  console.error('Each share is shown once. Try them with keys combine, then run keys forget and keys lock.');
}

async function forget(given: Given): Promise<void> {
  await act(given, 'key.split', 'key:recording-identity:forget', () => forgetIdentity(given.dir));
  console.log(given.json ? JSON.stringify({ forgotten: true }) : 'the identity is gone from this machine; it takes the shares now');
}

async function combine(given: Given): Promise<void> {
  const lines = (process.stdin.isTTY ? await askShares() : await readFile('/dev/stdin', 'utf8'))
    .split('\n')
    .filter((line) => line.trim() !== '');
  const untilMs = await act(given, 'key.unlock', 'key:recording-identity', () =>
    unlockIdentity(given.dir, lines, clock.now(), given.minutes),
  );
  const until = new Date(untilMs).toISOString();
  console.log(given.json ? JSON.stringify({ until }) : `open until ${until}; ./keepline keys lock ends it before`);
}

async function lock(given: Given): Promise<void> {
  const wasOpen = await act(given, 'key.unlock', 'key:recording-identity:lock', () => lockIdentity(given.dir));
  console.log(given.json ? JSON.stringify({ wasOpen }) : wasOpen ? 'locked' : 'nothing was open');
}

async function askShares(): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const lines: string[] = [];
  try {
    for (;;) {
      const line = (await terminal.question(`share ${lines.length + 1} (empty to end): `)).trim();
      if (line === '') return lines.join('\n');
      lines.push(line);
    }
  } finally {
    terminal.close();
  }
}

/** For an auditor's machine: the key to check the log with, from one that was handed out before rotations. @throws HandoverInvalid */
async function follow(key: string, files: readonly string[], json: boolean): Promise<number> {
  const notes = await Promise.all(files.map((path) => readFile(path, 'utf8')));
  const ring = followHandovers(key, notes);
  console.log(json ? JSON.stringify({ key: ring }) : ring);
  return 0;
}

/** Never over a file that is there. */
async function writeSecret(path: string, bytes: Buffer): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

function choiceOf(values: Readonly<Record<string, string | boolean>>): RootChoice | undefined {
  const text = (name: string): string => String(values[name] ?? '');
  if (values['root'] === 'passphrase') return { from: 'passphrase' };
  if (values['root'] === 'credential') return { from: 'credential', name: text('credential') };
  const isWhole = ['module', 'token', 'label'].every((name) => text(name) !== '');
  if (values['root'] !== 'pkcs11' || !isWhole) return undefined;
  return { from: 'pkcs11', module: text('module'), token: text('token'), label: text('label') };
}

async function main(): Promise<number> {
  const text = { type: 'string', default: '' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const roots = { root: text, credential: { type: 'string', default: 'keepline-root' }, module: text, token: text, label: text } as const;
  const shares = { threshold: text, shares: text, minutes: { type: 'string', default: String(MINUTES) } } as const;
  const options = {
    data: text,
    purpose: text,
    out: text,
    recipient: text,
    key: text,
    json: flag,
    help: flag,
    ...roots,
    ...shares,
  } as const;
  const { values, positionals } = parseArgs({ allowPositionals: true, options });
  const [verb = '', object] = positionals;
  if (verb === 'follow' && values.key !== '' && positionals.length > 1) return follow(values.key, positionals.slice(1), values.json);
  const data = values.data === '' ? ROOT_DATA : resolve(values.data);
  const choice = choiceOf(values);
  const minutes = Number(values.minutes);
  const given: Given = {
    ...{ data, dir: join(data, 'keys'), purpose: values.purpose, json: values.json, choice, minutes },
    text: (name) => values[name],
    threshold: Number(values.threshold),
    shares: Number(values.shares),
  };
  const hasOut = values.out !== '';
  const isTime = Number.isInteger(minutes) && minutes >= 1 && minutes <= UNLOCK_MINUTES_MAX;
  const commands: Record<string, readonly [(given: Given) => Promise<void>, boolean]> = {
    status: [status, true],
    init: [init, choice !== undefined],
    rewrap: [rewrap, choice !== undefined],
    export: [exportIdentity, object === 'recording-identity' && hasOut],
    escrow: [escrow, hasOut && values.recipient !== ''],
    split: [split, Number.isInteger(given.threshold) && Number.isInteger(given.shares)],
    combine: [combine, isTime],
    lock: [lock, true],
    forget: [forget, true],
  };
  const [command, isWhole] = commands[verb] ?? [];
  if (values.help || !command || isWhole !== true || positionals.length > (verb === 'export' ? 2 : 1)) {
    (values.help ? console.log : console.error)(USAGE);
    return values.help ? 0 : 2;
  }
  if (!existsSync(given.dir))
    throw new KeeplineError('SITE_DATA_ABSENT', `there is no site in ${data}`, {
      hint: 'Name the data folder of a site that has been started: --data DIR',
      offending: data,
    });
  await command(given);
  return 0;
}

try {
  process.exitCode = await main();
} catch (thrown) {
  if (thrown instanceof KeeplineError) console.error(`${thrown.code}: ${thrown.message}\n  ${thrown.hint}`);
  else console.error(messageOf(thrown));
  process.exitCode = thrown instanceof KeeplineError ? 1 : 2;
}
