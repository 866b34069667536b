/**
 * What a drill of the cloud link has shown, pure: counted from the event log, the changes of the link and the balance of the egress ledger, and
 * written for people in both languages. `drill-cli.ts` signs it.
 */
import { KeeplineError } from '@keepline/contracts/errors';
import type { LinkChange } from '@keepline/contracts/link';

/** Opens every report; the number changes with its shape. */
export const REPORT_HEADER = 'keepline cloud drill report v1';
const JSON_MARK = 'json ';

export interface DrillEvent {
  readonly type: string;
  readonly timeMs: number;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface Balance {
  readonly verdict: string;
  readonly counts: {
    readonly produced: number;
    readonly delivered: number;
    readonly expired: number;
    readonly quarantined: number;
    readonly waiting: number;
  };
  readonly stream: number | null;
}

export interface DrillFacts {
  readonly site: string;
  /** Wall ms since 1970: the cut, its planned and its actual end, and when the report was made. */
  readonly cutAtMs: number;
  readonly plannedSeconds: number;
  readonly endedAtMs: number;
  readonly reportedAtMs: number;
  /** Of the time before the cut as of the time since, from the event log. */
  readonly before: readonly DrillEvent[];
  readonly during: readonly DrillEvent[];
  readonly changes: readonly LinkChange[];
  readonly balanceBefore: Balance;
  readonly balanceAfter: Balance;
}

export interface Delays {
  readonly decisions: number;
  /** ms a decision was held back for advice; null without a decision. */
  readonly p50: number | null;
  readonly p95: number | null;
  readonly max: number | null;
}

export interface DrillReport {
  readonly site: string;
  readonly cutAt: string;
  readonly plannedSeconds: number;
  readonly actualSeconds: number;
  readonly reportedAt: string;
  readonly calls: {
    readonly offered: number;
    readonly answered: number;
    readonly refused: number;
    readonly recorded: number;
    readonly unrecorded: number;
    readonly lost: number;
  };
  readonly routingDelay: { readonly withLink: Delays; readonly withoutLink: Delays };
  readonly events: {
    readonly produced: number;
    readonly delivered: number;
    readonly expired: number;
    readonly quarantined: number;
    readonly waiting: number;
  };
  readonly reconciliation: { readonly verdict: string; readonly stream: number | null };
  readonly link: {
    /** From the order to cut to `down` as the link recorded it, ms; null when it never went down. */
    readonly detectedMs: number | null;
    /** From there to the gateway, which shows it to the desks at once, ms. */
    readonly shownMs: number | null;
    /** From the end of the cut to the connection, and to `up`, ms. */
    readonly reconnectedMs: number | null;
    readonly upMs: number | null;
    readonly changes: readonly LinkChange[];
  };
  /** No call lost, refused or without its recording, nothing expired or stopped, both ends agree, the link is back. */
  readonly passed: boolean;
}

/** Verdicts of calls that ended because something of ours failed. */
const LOST_VERDICTS: readonly unknown[] = ['media_lost', 'failed', 'interrupted', 'refused'];

export function drillReport(facts: DrillFacts): DrillReport {
  const { cutAtMs, endedAtMs, during, changes, balanceBefore: from, balanceAfter: to } = facts;
  const count = (type: string, more: (data: DrillEvent['data']) => boolean = () => true): number =>
    during.filter((event) => event.type === type && more(event.data)).length;
  const closed = (complete: boolean): number => count('recording.closed', ({ outcome }) => (outcome === 'complete') === complete);
  const calls = {
    offered: count('call.offered'),
    answered: count('call.connected'),
    // One event may stand for many (flood).
    refused: during.reduce((sum, { type, data }) => sum + (type === 'call.refused' ? Number(data['calls'] ?? 1) : 0), 0),
    recorded: closed(true),
    unrecorded: closed(false),
    lost: count('call.ended', ({ verdict }) => LOST_VERDICTS.includes(verdict)),
  };
  const cut = during.filter(({ timeMs }) => timeMs >= cutAtMs && timeMs <= endedAtMs);
  const down = changes.find((change) => change.to === 'down' && change.atMs >= cutAtMs);
  const shown = during.find(({ type, data, timeMs }) => type === 'link.changed' && data['to'] === 'down' && timeMs >= cutAtMs);
  const since = (state: string): number | null => {
    // The end is seen by looking every so often, so the link may be back a moment before it.
    const change = changes.find(({ to: at, atMs }) => at === state && atMs > (down?.atMs ?? cutAtMs));
    return change ? Math.max(0, change.atMs - endedAtMs) : null;
  };
  const grown = (column: keyof Balance['counts']): number => to.counts[column] - from.counts[column];
  const events = {
    produced: grown('produced'),
    delivered: grown('delivered'),
    expired: grown('expired'),
    quarantined: grown('quarantined'),
    waiting: to.counts.waiting,
  };
  const upMs = since('up');
  const clean = calls.refused + calls.unrecorded + calls.lost + events.expired + events.quarantined === 0;
  return {
    site: facts.site,
    cutAt: new Date(cutAtMs).toISOString(),
    plannedSeconds: facts.plannedSeconds,
    actualSeconds: Math.round((endedAtMs - cutAtMs) / 100) / 10,
    reportedAt: new Date(facts.reportedAtMs).toISOString(),
    calls,
    routingDelay: { withLink: delaysOf(facts.before), withoutLink: delaysOf(cut) },
    events,
    reconciliation: { verdict: to.verdict, stream: to.stream },
    link: {
      detectedMs: down ? Math.max(0, down.atMs - cutAtMs) : null,
      shownMs: down && shown ? Math.max(0, shown.timeMs - down.atMs) : null,
      reconnectedMs: since('probing'),
      upMs,
      changes,
    },
    passed: clean && to.verdict === 'balanced' && upMs !== null,
  };
}

function delaysOf(events: readonly DrillEvent[]): Delays {
  const sorted = events
    .flatMap(({ type, data }) => (type === 'routing.decided' ? [Number(data['delayMs'])] : []))
    .toSorted((a, b) => a - b);
  const at = (share: number): number | null => sorted[Math.ceil(share * sorted.length) - 1] ?? null;
  return { decisions: sorted.length, p50: at(0.5), p95: at(0.95), max: at(1) };
}

/** The text that is signed: for people in both languages, and the same as JSON in its last line. */
export function reportText(report: DrillReport): string {
  const { calls, events, link, reconciliation, routingDelay } = report;
  const ms = (value: number | null): string => (value === null ? '-' : `${value} ms`);
  const delays = ({ decisions, p50, p95, max }: Delays): string => `n=${decisions} p50=${ms(p50)} p95=${ms(p95)} max=${ms(max)}`;
  return [
    REPORT_HEADER,
    `站点 site                     ${report.site}`,
    `断开时间 cut at               ${report.cutAt} (${report.actualSeconds} s, 计划 planned ${report.plannedSeconds} s)`,
    `结论 result                   ${report.passed ? '通过 passed' : '未通过 NOT passed'}`,
    `来电/接通 offered/answered    ${calls.offered} / ${calls.answered}`,
    `拒绝/丢失 refused/lost        ${calls.refused} / ${calls.lost}`,
    `录音完整/不完整 recorded/not  ${calls.recorded} / ${calls.unrecorded}`,
    `路由延迟(链路正常) with link  ${delays(routingDelay.withLink)}`,
    `路由延迟(断开) without link   ${delays(routingDelay.withoutLink)}`,
    `事件产生/送达 made/delivered  ${events.produced} / ${events.delivered}`,
    `过期/隔离/等待 expired/quarantined/waiting  ${events.expired} / ${events.quarantined} / ${events.waiting}`,
    `两端对账 reconciliation       ${reconciliation.verdict} (stream ${reconciliation.stream ?? '-'})`,
    `发现/显示 detected/shown      ${ms(link.detectedMs)} / ${ms(link.shownMs)}`,
    `重连/恢复 reconnected/up      ${ms(link.reconnectedMs)} / ${ms(link.upMs)}`,
    ...link.changes.map((change) => `链路 link  ${new Date(change.atMs).toISOString()}  ${change.from} -> ${change.to}  ${change.why}`),
    `${JSON_MARK}${JSON.stringify(report)}`,
    '',
  ].join('\n');
}

/** The report in a text whose signature was good; the words for people must be those of the figures. @throws KeeplineError DRILL_REPORT_INVALID */
export function readReport(text: string): DrillReport {
  const line = text.split('\n').find((each) => each.startsWith(JSON_MARK)) ?? '';
  try {
    const report: DrillReport = JSON.parse(line.slice(JSON_MARK.length)); // parse boundary: written by `reportText` and signed
    if (text === reportText(report)) return report;
  } catch {
    // told below
  }
  throw new KeeplineError('DRILL_REPORT_INVALID', 'the file is signed, but it is not a report of a drill as this version writes it', {
    hint: 'Check it with the version of Keepline that wrote it; the signature alone can be checked with any C2SP signed-note tool.',
  });
}
