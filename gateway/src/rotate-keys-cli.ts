/**
 * `./keepline keys rotate NAME … | --all [--dry-run]`: new keys beside a running gateway, which goes on reading and writing all the while. Killed in
 * between, it is run again: nothing is lost, and former keys that nothing needs go at the end of the first run that finishes.
 */
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { KEY_ROTATIONS, ROTATED, type RotatedKey } from '@keepline/compliance/key-rotations';
import { RootAbsent } from '@keepline/compliance/key-errors';
import { retireSymmetric, rotateAuditSigner, rotateRecording, rotateSymmetric } from '@keepline/compliance/rotate-key';
import { rotateStoreKey } from '@keepline/compliance/rotate-store-key';
import { systemClock as clock } from '@keepline/contracts/clock';
import { endWith } from '@keepline/contracts/command-end';
import type { KeeplineError } from '@keepline/contracts/errors';
import { CertificateInstalled } from './certificate/errors.ts';
import { renewSiteCertificate } from './certificate/site-certificate.ts';
import { resealFactors } from './identity/reseal-factors.ts';
import { type Console, openConsole } from './retention/console.ts';
import { resealBatch } from './store/seal-rows.ts';
import { allTables } from './store/tables/all.ts';

const USAGE = `usage: ./keepline keys rotate ${ROTATED.join(' | ')} … | --all
       with [--dry-run] [--data DIR] [--site FILE] [--purpose TEXT] [--wait-seconds N] [--json]

  --dry-run  says what would be rotated and what it means, and changes nothing`;
const ROOT_DATA = fileURLToPath(new URL('../../var', import.meta.url));
/** Twice what a running gateway takes to look for new keys: after that nobody seals with a former one. */
const WAIT_SECONDS = 30;
const WAIT_MAX_SECONDS = 3600;

interface Rotating {
  readonly office: Console;
  /** Of the key store. */
  readonly dir: string;
  /** One of several: what is not ours to rotate is named and left. */
  readonly isAll: boolean;
  /** Resolves when a running gateway has the keys that are on the disk now. */
  readonly untilTaken: () => Promise<void>;
}
type Report = Readonly<Record<string, unknown>>;

/** @returns rows sealed anew */
async function resealColumns({ store }: Console): Promise<number> {
  let resealed = 0;
  for (const table of allTables.flatMap(({ sealed }) => sealed ?? [])) {
    let after: number | undefined = Number.MIN_SAFE_INTEGER;
    while (after !== undefined) {
      const from: number = after;
      const batch = await store.write((tx) => resealBatch(tx, table, from));
      resealed += batch?.resealed ?? 0;
      after = batch?.upto;
    }
  }
  return resealed;
}

async function column({ office, dir, untilTaken }: Rotating): Promise<Report> {
  await rotateSymmetric(dir, 'column', clock.now());
  const { former } = await office.keys.columnKeys();
  await office.refreshColumns();
  let resealed = await resealColumns(office);
  await untilTaken();
  resealed += await resealColumns(office); // what was written under the former key meanwhile
  for (const { id } of former) await retireSymmetric(dir, 'column', id);
  return { resealed, retired: former.map(({ id }) => id) };
}

/** The gateway must have the new key before a secret lies under it: unlike a column, a sealed secret does not name its key. */
async function accounts({ office, dir, untilTaken }: Rotating): Promise<Report> {
  await rotateSymmetric(dir, 'accounts', clock.now());
  await untilTaken();
  await office.keys.refresh();
  const resealed = await resealFactors(office.store, () => office.keys.identityKeys());
  const retired = await office.keys.formerIdentityKeys();
  for (const id of retired) await retireSymmetric(dir, 'accounts', id);
  return { resealed, retired };
}

/** One of several that cannot be done here is told and left; asked for by itself it is an error. */
async function orLeft(
  isAll: boolean,
  refused: abstract new (...args: never) => KeeplineError,
  run: () => Promise<Report>,
): Promise<Report> {
  try {
    return await run();
  } catch (thrown) {
    if (isAll && thrown instanceof refused) return { left: thrown.hint };
    throw thrown;
  }
}

const rotations: Readonly<Record<RotatedKey, (with_: Rotating) => Promise<Report>>> = {
  store: ({ dir, isAll, untilTaken }) =>
    orLeft(isAll, RootAbsent, async () => ({ resealed: await rotateStoreKey(dir, clock.now(), untilTaken) })),
  recording: async ({ dir }) => ({ recipient: await rotateRecording(dir, clock.now()) }),
  column,
  accounts,
  pseudonyms: async ({ dir }) => ({ former: await rotateSymmetric(dir, 'pseudonyms', clock.now()) }),
  async audit({ office, dir }) {
    let verifier = '';
    await office.log.handOver(async (entries) => void (verifier = await rotateAuditSigner(dir, entries, clock.now())));
    return { verifier };
  },
  tls: ({ office, dir, isAll }) =>
    orLeft(isAll, CertificateInstalled, async () => {
      const { fingerprint, expiresMs } = await renewSiteCertificate(dir, office.site.network.address, clock.now());
      return { fingerprint, expires: new Date(expiresMs).toISOString() };
    }),
};

const isRotated = (name: string): name is RotatedKey => ROTATED.some((key) => key === name);

function tellPlan(names: readonly string[], json: boolean): void {
  const rows = KEY_ROTATIONS.filter(({ key }) => names.length === 0 || names.includes(key));
  if (json) return console.log(JSON.stringify(rows));
  for (const { key, by, means, former } of rows)
    console.log(`${key.padEnd(11)}./keepline ${by}\n           ${means}\n           the former: ${former}`);
}

async function main(): Promise<number> {
  const text = { type: 'string', default: '' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const options = { data: text, site: text, purpose: text, 'wait-seconds': { type: 'string', default: String(WAIT_SECONDS) } } as const;
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { ...options, all: flag, 'dry-run': flag, json: flag, help: flag },
  });
  const [verb, ...named] = positionals;
  const names = values.all ? ROTATED : ROTATED.filter((key) => named.includes(key));
  const waitSeconds = Number(values['wait-seconds']);
  const isTime = Number.isInteger(waitSeconds) && waitSeconds >= 0 && waitSeconds <= WAIT_MAX_SECONDS;
  const isMeant = values.all ? named.length === 0 : named.every(isRotated) && (named.length > 0 || values['dry-run']);
  if (values.help || verb !== 'rotate' || !isTime || !isMeant) {
    (values.help ? console.log : console.error)(USAGE);
    return values.help ? 0 : 2;
  }
  if (values['dry-run']) {
    tellPlan(named, values.json);
    return 0;
  }
  const data = values.data === '' ? ROOT_DATA : resolve(values.data);
  const dir = join(data, 'keys');
  const office = await openConsole(data, values.site === '' ? undefined : values.site);
  const untilTaken = async (): Promise<void> => {
    console.error(`waiting ${waitSeconds} s until a running gateway has the new key too`);
    await new Promise<void>((done) => void clock.after(waitSeconds * 1000, done));
  };
  try {
    const done: Record<string, Report> = {};
    for (const key of names) {
      const report = await office.audited('key.rotate', `key:${key}`, values.purpose, () =>
        rotations[key]({ office, dir, isAll: values.all, untilTaken }),
      );
      await office.keys.refresh();
      done[key] = report;
      if (!values.json) console.log(`${key}: ${JSON.stringify(report)}`);
    }
    if (values.json) console.log(JSON.stringify(done));
  } finally {
    await office.close();
  }
  return 0;
}

await endWith(main, USAGE);
