/** Makes each kind of report from the site: the evidence of MLPS, what the audit log holds, what left the building. Callers wrap it in `audited`. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { EgressLedger } from '@keepline/cloud-sync/egress-ledger';
import { reportText } from '@keepline/cloud-sync/egress-report';
import { type ActivityKind, activityReport, readActivity } from '@keepline/compliance/activity-report';
import type { KeyStore } from '@keepline/compliance/keys';
import { readAttestations } from '@keepline/compliance/mlps-attestations';
import {
  type Evidence,
  EVIDENCE_FOLDER,
  type EvidenceLog,
  evidenceText,
  keepEvidence,
  readEvidence,
  sealEvidence,
} from '@keepline/compliance/mlps-evidence';
import { oscalFiles } from '@keepline/compliance/mlps-oscal';
import type { Period } from '@keepline/compliance/mlps-period';
import { mlpsReport } from '@keepline/compliance/mlps-report';
import { render, REPORT_FORMS, type ReportForm } from '@keepline/compliance/report-render';
import type { ReportFile } from '@keepline/compliance/report-signature';
import type { Clock } from '@keepline/contracts/clock';
import { KeeplineError } from '@keepline/contracts/errors';
import { newId } from '@keepline/contracts/ids';
import type { ReportKind } from '@keepline/contracts/reports';
import type { SiteConfig } from '@keepline/contracts/site-config';
import type { Reader } from '../store/connection.ts';
import { accountFacts } from './accounts.ts';
import { egressDocument } from './egress-document.ts';
import { takeEvidence } from './take-evidence.ts';

export type AnyForm = ReportForm | 'oscal';

export interface ReportWish {
  readonly kind: ReportKind;
  readonly form: AnyForm;
  readonly language: 'zh' | 'en';
  readonly period: Period;
}
/** What reports on the past need. */
export interface ReportSources {
  readonly site: SiteConfig;
  readonly data: string;
  readonly read: Reader;
  readonly clock: Pick<Clock, 'now'>;
}
/** What taking evidence needs on top. */
export interface ReportOffice extends ReportSources {
  readonly keys: KeyStore;
  readonly log: EvidenceLog;
  readonly actor: { readonly who: string; readonly role: string; readonly from: string };
}
export interface MadeReport {
  readonly kind: ReportKind;
  readonly site: string;
  readonly period: Period;
  /** One, or six for OSCAL; `name` is the name inside a folder and the extension of a single file. */
  readonly files: readonly ReportFile[];
  readonly isFolder: boolean;
}

export function isReportForm(kind: ReportKind, form: string): form is AnyForm {
  return REPORT_FORMS.some((known) => known === form) || (kind === 'mlps' && form === 'oscal');
}

/** @param evidence of the MLPS report; the newest that was kept when absent @throws KeeplineError EVIDENCE_ABSENT, EVIDENCE_INVALID */
export async function makeReport(sources: ReportSources, wish: ReportWish, evidence?: Evidence): Promise<MadeReport> {
  const { kind, form, period } = wish;
  const site = sources.site.site;
  if (kind === 'mlps') {
    const shown = evidence ?? (await newestEvidence(sources.data));
    const { from, to } = shown.facts;
    return { kind, site, period: { from, to }, files: await mlpsFiles(shown, wish), isFolder: form === 'oscal' };
  }
  const plain = form === 'oscal' ? 'json' : form;
  const bytes = kind === 'egress' ? await egress(sources, wish, plain) : await activity(sources, kind, wish, plain);
  return { kind, site, period, files: [{ name: `report.${plain}`, bytes }], isFolder: false };
}

/** Takes, judges, proves and keeps. */
export async function freshEvidence(office: ReportOffice, period: Period): Promise<{ readonly evidence: Evidence; readonly path: string }> {
  const { site, data, keys, read, log, clock, actor } = office;
  const facts = await takeEvidence({ site, data, read, keys, period, attestations: await readAttestations(data), nowMs: clock.now() });
  const who = { ...actor, object: '', purpose: '', correlation: newId('act', clock.now()) };
  const evidence = await sealEvidence(facts, log, join(data, 'audit'), keys.auditSigner().verifierKey, who);
  return { evidence, path: await keepEvidence(data, evidence) };
}

/** @throws KeeplineError EVIDENCE_ABSENT, EVIDENCE_INVALID */
export async function newestEvidence(data: string): Promise<Evidence> {
  const names = (await readdir(join(data, EVIDENCE_FOLDER)).catch(() => [])).filter((name) => name.endsWith('.json')).toSorted();
  const newest = names.at(-1);
  if (newest === undefined)
    throw new KeeplineError('EVIDENCE_ABSENT', 'no evidence has been taken on this site yet', {
      hint: 'Take some: ./keepline report mlps --from DAY --to DAY --out FILE',
    });
  return readEvidence(join(data, EVIDENCE_FOLDER, newest));
}

async function mlpsFiles(evidence: Evidence, { form, language }: ReportWish): Promise<ReportFile[]> {
  if (form === 'oscal') return oscalFiles(evidence);
  // The JSON form is the evidence itself, with whole proofs: what a machine checks.
  if (form === 'json') return [{ name: 'report.json', bytes: Buffer.from(evidenceText(evidence)) }];
  return [{ name: `report.${form}`, bytes: await render(mlpsReport(evidence, language), form) }];
}

async function activity(
  { site, data, read, clock }: ReportSources,
  kind: ActivityKind,
  { language, period }: ReportWish,
  form: ReportForm,
): Promise<Buffer> {
  const entries = await readActivity(join(data, 'audit'), kind, period);
  const accounts = kind === 'access' ? await accountFacts(read, site.agents, new Map(), clock.now()) : [];
  return render(activityReport(kind, entries, accounts, { ...period, site: site.site, takenAt: endOf(period), language }), form);
}

async function egress({ site, data }: ReportSources, { language, period }: ReportWish, form: ReportForm): Promise<Buffer> {
  const ledger = await EgressLedger.open(join(data, 'outbox.db'));
  try {
    const days = await ledger.days(period.from, period.to);
    if (form !== 'pdf') return Buffer.from(reportText(form, days, { site: site.site, ...period }));
    return await render(egressDocument(days, { ...period, site: site.site, takenAt: endOf(period), language }), 'pdf');
  } finally {
    await ledger.close();
  }
}

/** A report on past days says the same whenever it is made, so its date is the end of its period. */
const endOf = ({ to }: Period): string => `${to}T15:59:59.999Z`;
