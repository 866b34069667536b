/**
 * The alerts by Prometheus' own tool: each is raised by its fault and by no other, a healthy site raises none; and what they and the dashboard ask
 * for is what the gateway tells.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from '@keepline/testkit/program';
import { tempDir } from '@keepline/testkit/temp-dir';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { ALARM_RULES } from '../../gateway/src/alarms/alarm-codes.ts';
import { productFiles, ROOT } from '../source-files.ts';

const FILES = join(ROOT, 'ansible/roles/monitoring/files');
const RULES = join(FILES, 'keepline.rules.yml');
const DASHBOARD = join(FILES, 'keepline-dashboard.json');

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: Readonly<Record<string, string>>;
}
const rules = (parse(readFileSync(RULES, 'utf8')) as { groups: Array<{ rules: Rule[] }> }).groups.flatMap((group) => group.rules);

/** Series of a healthy site over 20 minutes, a sample each 30 s. */
const WELL: Readonly<Record<string, string>> = {
  'up{job="keepline",instance="kl1"}': '1x40',
  'keepline_taking_calls{instance="kl1"}': '1x40',
  'keepline_loop_delay_ms{instance="kl1"}': '12x40',
  'keepline_mos_alarms{instance="kl1"}': '0x40',
  'keepline_rtp_lost_total{instance="kl1"}': '0+1x40',
  'keepline_rtp_expected_total{instance="kl1"}': '0+1500x40',
  'keepline_recorder_queue_percent{instance="kl1"}': '3x40',
  ...Object.fromEntries(
    ['recorder', 'cloudLink', 'trunk carrier', 'export', 'audit', 'ledger', 'calls'].map((part) => [
      `keepline_part_state{instance="kl1",part="${part}"}`,
      '0x40',
    ]),
  ),
  'keepline_outbox_oldest_seconds{instance="kl1"}': '2x40',
  // The other appliance of a pair: it stands by, so it has no gateway, and that is well.
  'up{job="keepline",instance="kl2"}': '0x40',
  'up{job="keepline-pair",instance="kl2"}': '1x40',
  'keepline_pair_serving{instance="kl2",node="b"}': '0x40',
  'keepline_pair_votes{instance="kl2",node="b"}': '0x40',
  'keepline_pair_ready{instance="kl2",node="b"}': '1x40',
  'up{job="keepline-pair",instance="kl1"}': '1x40',
  'keepline_pair_serving{instance="kl1",node="a"}': '1x40',
  'keepline_pair_votes{instance="kl1",node="a"}': '3x40',
  'keepline_pair_ready{instance="kl1",node="a"}': '1x40',
};
const part = (name: string, state: number): Record<string, string> => ({
  [`keepline_part_state{instance="kl1",part="${name}"}`]: `${state}x40`,
});
const alarm = (code: string): Record<string, string> => ({ [`keepline_alarm{instance="kl1",code="${code}"}`]: '1x40' });
/** Alert → what of a healthy site is different when it must be raised. */
const FAULTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  KeeplineDown: { 'up{job="keepline",instance="kl1"}': '0x40' },
  KeeplineNotTakingCalls: { 'keepline_taking_calls{instance="kl1"}': '0x40' },
  KeeplineTrunkDown: part('trunk carrier', 2),
  KeeplineSlowMainThread: { 'keepline_loop_delay_ms{instance="kl1"}': '250x40' },
  KeeplineLinkDown: part('cloudLink', 1),
  KeeplineVoiceQualityLow: { 'keepline_mos_alarms{instance="kl1"}': '2x40' },
  KeeplinePacketLoss: { 'keepline_rtp_lost_total{instance="kl1"}': '0+75x40' },
  KeeplineExportStopped: part('export', 1),
  KeeplineRecorderDown: part('recorder', 2),
  KeeplineRecorderLate: { 'keepline_recorder_queue_percent{instance="kl1"}': '80x40' },
  KeeplineAuditBroken: part('audit', 2),
  KeeplineAuditForked: alarm('AUDIT_FORKED'),
  KeeplineWitnessMissing: alarm('WITNESS_QUORUM_MISSING'),
  KeeplineLedgerFault: part('ledger', 1),
  KeeplineBackupMissing: alarm('BACKUP_OLD'),
  KeeplineEventsExpired: alarm('OUTBOX_EXPIRED'),
  KeeplinePairDaemonDown: { 'up{job="keepline-pair",instance="kl1"}': '0x40' },
  KeeplinePairNotReady: { 'keepline_pair_ready{instance="kl2",node="b"}': '0x40' },
  KeeplinePairVoteMissing: { 'keepline_pair_votes{instance="kl1",node="a"}': '2x40' },
  KeeplinePairChanged: { 'keepline_pair_serving{instance="kl1",node="a"}': '0x20 1x20' },
  KeeplineBacklogOld: { 'keepline_outbox_oldest_seconds{instance="kl1"}': '4000x40' },
};

/** Metrics the gateway prints, from where it names them. */
const told = new Set(
  productFiles
    .filter(({ path }) => path.startsWith('gateway/src/'))
    .flatMap(({ text }) => [...text.matchAll(/metric\(\s*'(keepline_\w+)',\s*'(\w+)'/g)])
    .flatMap(([, name = '', kind]) => (kind === 'histogram' ? [name, `${name}_bucket`, `${name}_sum`, `${name}_count`] : [name])),
);
const asked = (text: string): string[] => [...new Set(text.match(/\bkeepline_\w+/g) ?? [])];

describe('the alerts', () => {
  it('are rules that Prometheus takes', () => {
    expect(execFileSync(findProgram('promtool'), ['check', 'rules', RULES], { encoding: 'utf8' })).toContain(`${rules.length} rules found`);
  });

  it('are raised each by its fault and none by a healthy site', () => {
    expect(rules.map(({ alert }) => alert).toSorted()).toEqual(Object.keys(FAULTS).toSorted());
    const firing = (name: string, different: Readonly<Record<string, string>>, alerts: readonly string[]): object => ({
      name,
      interval: '30s',
      input_series: Object.entries({ ...WELL, ...different }).map(([series, values]) => ({ series, values })),
      promql_expr_test: [
        {
          expr: 'count by (alertname) (ALERTS{alertstate="firing"})',
          eval_time: '18m',
          exp_samples: alerts.map((alertname) => ({ labels: `{alertname="${alertname}"}`, value: 1 })),
        },
      ],
    });
    const work = tempDir();
    try {
      const tests = [firing('well', {}, []), ...Object.entries(FAULTS).map(([alert, different]) => firing(alert, different, [alert]))];
      writeFileSync(join(work.path, 'test.yml'), stringify({ rule_files: [RULES], evaluation_interval: '30s', tests }));
      const done = spawnSync(findProgram('promtool'), ['test', 'rules', join(work.path, 'test.yml')], { encoding: 'utf8' });
      expect(done.stdout + done.stderr).toContain('SUCCESS');
      expect(done.status).toBe(0);
    } finally {
      work.remove();
    }
  });

  it('ask for metrics the gateway tells and alarms it knows, and lead to a runbook, in both languages', () => {
    expect(told.size).toBeGreaterThan(10); // else the pattern no longer matches how metrics are written
    for (const { alert, expr, labels, annotations } of rules) {
      const unknownCodes = (/code=~?"([^"]+)"/.exec(expr)?.[1] ?? '').split('|').filter((code) => code !== '' && !(code in ALARM_RULES));
      expect({
        alert,
        unknownMetrics: asked(expr).filter((name) => !told.has(name)),
        unknownCodes,
        hasRunbook: existsSync(join(ROOT, annotations['runbook'] ?? '')),
      }).toEqual({ alert, unknownMetrics: [], unknownCodes: [], hasRunbook: true });
      expect({ alert, ...labels, ...annotations }).toMatchObject({
        alert,
        severity: expect.stringMatching(/^(warning|major|critical)$/),
        summary_zh: expect.stringMatching(/[\u4e00-\u9fff]/),
        summary_en: expect.stringMatching(/[a-z]/),
      });
    }
  });
});

describe('the dashboard', () => {
  const dashboard = JSON.parse(readFileSync(DASHBOARD, 'utf8')) as {
    readonly panels: ReadonlyArray<{ readonly title: string; readonly targets: ReadonlyArray<{ readonly expr: string }> }>;
  };

  it('asks for metrics the gateway tells, in expressions Prometheus takes', () => {
    const asks = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
    expect(asks.length).toBeGreaterThan(8);
    expect(asks.flatMap(asked).filter((name) => !told.has(name))).toEqual([]);
    const work = tempDir();
    try {
      const written = join(work.path, 'rules.yml');
      const taken = asks.map((expr, i) => ({ record: `panel${i}`, expr: expr.replaceAll('$__rate_interval', '1m') }));
      writeFileSync(written, stringify({ groups: [{ name: 'panels', rules: taken }] }));
      execFileSync(findProgram('promtool'), ['check', 'rules', written]);
    } finally {
      work.remove();
    }
  });
});
