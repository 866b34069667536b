/**
 * `./keepline report …`: evidence and reports of compliance, made beside a running gateway, signed, and checked anywhere. Making one is an audited
 * act; checking one shows nothing new and needs no site.
 */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ACTIVITY_KINDS } from '@keepline/compliance/activity-report';
import { databaseOf, openSiteConsole } from '@keepline/compliance/console';
import { addAttestation } from '@keepline/compliance/mlps-attestations';
import { type Evidence, parseEvidence, readEvidence } from '@keepline/compliance/mlps-evidence';
import { coverage } from '@keepline/compliance/mlps-judge';
import { periodOf } from '@keepline/compliance/mlps-period';
import { verifyReport } from '@keepline/compliance/report-signature';
import type { AuditAct } from '@keepline/contracts/audit-acts';
import { systemClock as clock } from '@keepline/contracts/clock';
import { endWith } from '@keepline/contracts/command-end';
import { REPORT_KINDS } from '@keepline/contracts/reports';
import { readSiteOf } from '@keepline/contracts/site-file';
import { publishReport } from './evidence/publish-report.ts';
import { freshEvidence, isReportForm, makeReport, newestEvidence, type ReportOffice, type ReportWish } from './evidence/reports.ts';
import { Store } from './store/store.ts';
import { allTables } from './store/tables/all.ts';

const USAGE = `usage: ./keepline report mlps --from DAY --to DAY [--format pdf|csv|json|html|oscal] --out PATH [--lang zh|en] [--evidence FILE]
       ./keepline report ${ACTIVITY_KINDS.join('|')}|egress --from DAY --to DAY [--format pdf|csv|json|html] --out FILE [--lang zh|en]
       ./keepline report coverage [--json]
       ./keepline report attest ITEM --file DOC --by NAME --valid-until DAY
       ./keepline report verify PATH --key VERIFIER
  [--data DIR] [--site FILE] [--purpose TEXT]

  DAY             yyyy-mm-dd, both included, China Standard Time
  --out PATH      a new file, or for oscal a new folder; the signature goes beside it as PATH.note
  --evidence FILE evidence taken before (DIR/evidence/): the same report again, byte for byte
  coverage        what the newest evidence shows: n of 40, n of 31
  attest          keeps a document for an item that no machine can measure
  verify          checks a report offline; VERIFIER is the public key or a file that holds it`;
const ROOT_DATA = fileURLToPath(new URL('../../var', import.meta.url));

interface Given {
  readonly data: string;
  readonly siteFile: string | undefined;
  readonly purpose: string;
  readonly json: boolean;
}

async function withOffice<T>({ data, siteFile, purpose }: Given, work: (office: ReportOffice, audited: Audited) => Promise<T>): Promise<T> {
  const path = databaseOf(data);
  const site = readSiteOf(data, siteFile);
  const { keys, log, actor, audited, close } = await openSiteConsole(data);
  try {
    const store = await Store.open(path, allTables);
    try {
      const office: ReportOffice = { site, data, keys, log, read: store.read, clock, actor };
      return await work(office, (act, object, run) => audited(act, object, purpose, run));
    } finally {
      await store.close();
    }
  } finally {
    await close();
  }
}
type Audited = <T>(act: AuditAct, object: string, run: () => Promise<T>) => Promise<T>;

async function make(given: Given, wish: ReportWish, out: string, evidenceFile: string | undefined): Promise<void> {
  const path = resolve(out);
  await withOffice(given, async (office, act) => {
    const signer = office.keys.auditSigner();
    let taken: { readonly evidence: Evidence; readonly path: string } | undefined;
    const published = await publishReport(path, signer, (publish) =>
      act('report.make', `${wish.kind}:${wish.form}:${wish.period.from}..${wish.period.to}`, async () => {
        if (evidenceFile !== undefined) taken = { evidence: await readEvidence(resolve(evidenceFile)), path: resolve(evidenceFile) };
        else if (wish.kind === 'mlps') taken = await freshEvidence(office, wish.period);
        return publish(await makeReport(office, wish, taken?.evidence));
      }),
    );
    if (given.json) return console.log(JSON.stringify({ ...published, evidence: taken?.path }));
    console.log(`${published.path}\n  sha256    ${published.files.map(({ sha256, name }) => `${sha256}  ${name}`).join('\n            ')}`);
    if (taken !== undefined) console.log(`  evidence  ${taken.path}\n${coverageText(taken.evidence.results)}`);
    console.log(`  check it anywhere: ./keepline report verify ${published.path} --key '${signer.verifierKey}'`);
  });
}

const coverageText = (results: Evidence['results']): string => {
  const { automatic, partly, verdicts } = coverage(results);
  return [
    `  measured items  ${automatic.met} of ${automatic.items} met, ${automatic.measured} of ${automatic.items} measured`,
    `  partly          ${partly.collected} of ${partly.items} collected, ${partly.attested} attested, ${partly.met} met`,
    `  verdicts        ${Object.entries(verdicts)
      .map(([verdict, n]) => `${verdict} ${n}`)
      .join(', ')}`,
  ].join('\n');
};

async function showCoverage(given: Given): Promise<void> {
  await withOffice(given, async (office, act) => {
    const evidence = await act('report.read', 'coverage', () => newestEvidence(office.data));
    if (given.json) console.log(JSON.stringify({ takenAt: evidence.facts.takenAt, ...coverage(evidence.results) }));
    else console.log(`evidence of ${evidence.facts.takenAt}\n${coverageText(evidence.results)}`);
  });
}

/** The key as text, or the file that holds it. */
async function keyFrom(key: string): Promise<string> {
  if (/^[^+\s]+\+[0-9a-f]{8}\+/.test(key)) return key;
  return (await readFile(key, 'utf8')).split('\n').find((line) => line !== '' && !line.startsWith('#')) ?? '';
}

async function verify(path: string, key: string, json: boolean): Promise<void> {
  const verifierKey = await keyFrom(key);
  const report = await verifyReport(path, verifierKey);
  // The JSON form of the MLPS report is the evidence: its judgements are held against their proofs as well.
  const isEvidence = report.kind === 'mlps' && report.files.length === 1 && report.files[0]?.name.endsWith('.json') === true;
  const proven = isEvidence ? parseEvidence(await readFile(path, 'utf8'), path, verifierKey).results.length : 0;
  if (json) return console.log(JSON.stringify({ ok: true, ...report, proven }));
  console.log(
    `genuine: report ${report.kind} of ${report.site}, ${report.from} to ${report.to}, ${report.files.length} file(s), signed by ${report.signedBy}`,
  );
  if (isEvidence) console.log(`  ${proven} judgements are proven against the audit log`);
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      ...{
        data: { type: 'string' },
        site: { type: 'string' },
        from: { type: 'string' },
        to: { type: 'string' },
        format: { type: 'string' },
      },
      ...{
        out: { type: 'string' },
        lang: { type: 'string', default: 'zh' },
        evidence: { type: 'string' },
        key: { type: 'string' },
        file: { type: 'string' },
      },
      ...{ by: { type: 'string' }, 'valid-until': { type: 'string' }, purpose: { type: 'string', default: '' } },
      ...{ json: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
    },
  });
  const [verb = '', word, ...more] = positionals;
  const given: Given = { data: resolve(values.data ?? ROOT_DATA), siteFile: values.site, purpose: values.purpose, json: values.json };
  const kind = REPORT_KINDS.find((known) => known === verb);
  const form = values.format ?? 'pdf';
  const language = values.lang === 'zh' || values.lang === 'en' ? values.lang : undefined;
  if (!values.help && more.length === 0) {
    if (kind !== undefined && word === undefined && language !== undefined && values.out !== undefined && isReportForm(kind, form)) {
      const old = values.evidence === undefined ? undefined : (await readEvidence(resolve(values.evidence))).facts;
      const period = periodOf(values.from ?? old?.from ?? '', values.to ?? old?.to ?? '');
      await make(given, { kind, form, language, period }, values.out, kind === 'mlps' ? values.evidence : undefined);
      return 0;
    }
    if (verb === 'coverage' && word === undefined) {
      await showCoverage(given);
      return 0;
    }
    const { file, by, 'valid-until': validUntil } = values;
    if (verb === 'attest' && word !== undefined && file !== undefined && by !== undefined && validUntil !== undefined) {
      const kept = await withOffice(given, (office, act) =>
        act('attestation.add', `mlps:${/^[\d.]+[a-z]$/.test(word) ? word : 'unknown'}`, () =>
          addAttestation(office.data, { item: word, file: resolve(file), by, validUntil }, clock.now()),
        ),
      );
      console.log(given.json ? JSON.stringify(kept) : `${kept.item}  ${kept.sha256}  valid until ${kept.validUntil}`);
      return 0;
    }
    if (verb === 'verify' && word !== undefined && values.key !== undefined) {
      await verify(resolve(word), values.key, given.json);
      return 0;
    }
  }
  (values.help ? console.log : console.error)(USAGE);
  return values.help ? 0 : 2;
}

await endWith(main, USAGE);
