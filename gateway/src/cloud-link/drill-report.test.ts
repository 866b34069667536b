import type { LinkChange } from '@keepline/contracts/link';
import { newNoteKey, openNote, signerFrom, signNote, verifierFrom } from '@keepline/compliance/note';
import { describe, expect, it } from 'vitest';
import { type Balance, type DrillEvent, type DrillFacts, drillReport, readReport, reportText } from './drill-report.ts';

const CUT_MS = 1_790_000_000_000;
const event = (type: string, atMs: number, data: DrillEvent['data'] = {}): DrillEvent => ({ type, timeMs: CUT_MS + atMs, data });
const change = (atMs: number, from: LinkChange['from'], to: LinkChange['to'], why: string): LinkChange => ({
  atMs: CUT_MS + atMs,
  from,
  to,
  why,
  silentMs: 0,
});
const balance = (produced: number, delivered: number, more: Partial<Balance['counts']> = {}): Balance => ({
  verdict: 'balanced',
  counts: { produced, delivered, expired: 0, quarantined: 0, waiting: produced - delivered, ...more },
  stream: delivered,
});
const decided = (atMs: number, delayMs: number): DrillEvent => event('routing.decided', atMs, { delayMs });

const FACTS: DrillFacts = {
  site: 'demo',
  cutAtMs: CUT_MS,
  plannedSeconds: 60,
  endedAtMs: CUT_MS + 60_000,
  reportedAtMs: CUT_MS + 125_000,
  before: [decided(-9000, 20), decided(-8000, 40)],
  during: [
    event('call.offered', 10),
    event('link.changed', 900, { from: 'up', to: 'down', why: 'drill' }),
    decided(1000, 0),
    decided(2000, 2),
    event('call.connected', 2500),
    event('recording.closed', 9000, { outcome: 'complete' }),
    event('call.ended', 9001, { verdict: 'completed' }),
    decided(70_000, 33),
  ],
  changes: [change(5, 'up', 'down', 'drill'), change(60_400, 'down', 'probing', 'connected'), change(120_400, 'probing', 'up', 'stable')],
  balanceBefore: balance(100, 100),
  balanceAfter: balance(140, 138),
};

describe('the report of a drill', () => {
  it('counts calls, delays with and without the link, events and times', () => {
    expect(drillReport(FACTS)).toMatchObject({
      calls: { offered: 1, answered: 1, refused: 0, recorded: 1, unrecorded: 0, lost: 0 },
      routingDelay: { withLink: { decisions: 2, p50: 20, max: 40 }, withoutLink: { decisions: 2, p50: 0, p95: 2, max: 2 } },
      events: { produced: 40, delivered: 38, expired: 0, quarantined: 0, waiting: 2 },
      link: { detectedMs: 5, shownMs: 895, reconnectedMs: 400, upMs: 60_400 },
      passed: true,
    });
  });

  it('does not pass when a call was lost, an event expired, the ends differ or the link stayed away', () => {
    const lost = event('call.ended', 50, { verdict: 'media_lost' });
    const failures: Array<Partial<DrillFacts>> = [
      { during: [...FACTS.during, lost] },
      { during: [...FACTS.during, event('recording.closed', 60, { outcome: 'interrupted' })] },
      { balanceAfter: balance(140, 130, { expired: 2 }) },
      { balanceAfter: { ...balance(140, 138), verdict: 'unbalanced' } },
      { changes: FACTS.changes.slice(0, 2) },
    ];
    expect(failures.map((failure) => drillReport({ ...FACTS, ...failure }).passed)).toEqual([false, false, false, false, false]);
  });

  it('is signed whole: one changed figure, in the words or in the JSON, is refused', () => {
    const signer = signerFrom(newNoteKey('keepline/demo/audit'));
    const verifier = verifierFrom(signer.verifierKey);
    const report = drillReport(FACTS);
    const note = signNote(reportText(report), signer);
    expect(readReport(openNote(note, verifier))).toEqual(report);
    expect(() => openNote(note.replace('1 / 1', '9 / 9'), verifier)).toThrow(/signature/);
    // A signer who lets words and figures differ is refused too.
    const twoTruths = signNote(reportText(report).replace('1 / 1', '9 / 9'), signer);
    expect(() => readReport(openNote(twoTruths, verifier))).toThrow(/not a report/);
  });

  it('a site without a call has no delays rather than zeros', () => {
    const quiet = drillReport({ ...FACTS, before: [], during: [] });
    expect(quiet.routingDelay.withoutLink).toEqual({ decisions: 0, p50: null, p95: null, max: null });
    expect(quiet.link.shownMs).toBeNull();
  });
});
