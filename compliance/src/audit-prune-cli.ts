/** `./keepline audit prune`: shows or carries out what the retention of the audit log asks for, beside a running gateway; itself an audited act. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { systemClock as clock } from '@keepline/contracts/clock';
import { endWith } from '@keepline/contracts/command-end';
import type { KeeplineError } from '@keepline/contracts/errors';
import { newId } from '@keepline/contracts/ids';
import { readSiteFile } from '@keepline/contracts/site-file';
import { AuditLog } from './audit/audit-log.ts';
import { AuditLogAbsent } from './audit/errors.ts';
import { planPrune, pruneEntries } from './audit/prune.ts';
import { audited } from './audit/audited.ts';
import { consoleActor } from './console.ts';
import { readKeyStore } from './keys/key-store.ts';

const USAGE = `usage: ./keepline audit prune --dry-run | --yes [--export FILE] [--data DIR] [--site FILE] [--purpose TEXT] [--json]

  --dry-run      shows what would go
  --yes          lets it go; what an interrupted pruning left undone is done in any case
  --export FILE  an export that holds it, which audit.exportBeforePrune asks for; it is verified first
  --site FILE    site.yaml, which says how long entries are kept (audit.retentionDays); DIR/site.yaml by default`;
const ROOT_DATA = fileURLToPath(new URL('../../var', import.meta.url));

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      data: { type: 'string' },
      site: { type: 'string' },
      export: { type: 'string' },
      purpose: { type: 'string', default: '' },
      'dry-run': { type: 'boolean', default: false },
      yes: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help || positionals.length !== 1 || positionals[0] !== 'prune' || values.yes === values['dry-run']) {
    (values.help ? console.log : console.error)(USAGE);
    return values.help ? 0 : 2;
  }
  const data = resolve(values.data ?? ROOT_DATA);
  const dir = join(data, 'audit');
  if (!existsSync(dir)) throw new AuditLogAbsent(dir);
  const beside = join(data, 'site.yaml');
  const { audit: rules } = readSiteFile(values.site ?? (existsSync(beside) ? beside : undefined));
  const signer = (await readKeyStore(join(data, 'keys'))).auditSigner();
  const plan = await planPrune(dir, signer.verifierKey, rules.retentionDays, clock.now());
  const what =
    plan.to === plan.from ? 'no entry is old enough' : `entries ${plan.from} to ${plan.to - 1}, until ${plan.newest}, ${plan.bytes} bytes`;
  if (values['dry-run']) {
    console.log(values.json ? JSON.stringify({ ...plan, retentionDays: rules.retentionDays }) : `would go: ${what}`);
    return 0;
  }
  const onFault = (fault: KeeplineError): void => console.error(`${fault.code}: ${fault.message}`);
  const log = await AuditLog.open({ dir, signer, clock, onFault });
  try {
    const correlation = newId('act', clock.now());
    const object = `audit:${plan.from}-${plan.to}`;
    const exported = values.export === undefined ? undefined : resolve(values.export);
    const freed = await audited(log, 'audit.prune', { ...consoleActor(), object, purpose: values.purpose, correlation }, () =>
      pruneEntries({ dir, signer, clock, rules, plan, act: correlation, exported }),
    );
    console.log(values.json ? JSON.stringify({ ...plan, freedBytes: freed }) : `gone: ${what}; ${freed} bytes of the disk are free again`);
    return 0;
  } finally {
    await log.close();
  }
}

await endWith(main, USAGE);
