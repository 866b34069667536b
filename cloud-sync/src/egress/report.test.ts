import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { REPORT_FORMATS, type ReportRow, reportText } from './report.ts';

const FRAME = { site: 'demo', from: '2026-11-01', to: '2026-11-02' };
const row = (more: Partial<ReportRow>): ReportRow => ({
  ...{ day: '2026-11-01', type: 'cn.keepline.call.held.v1', events: 2, bytes: 900, expired: 0, quarantined: 0 },
  ...more,
});

describe('what left the building', () => {
  const rows = [row({ day: '2026-11-02', events: 1, bytes: 450, expired: 3 }), row({}), row({ day: '2026-11-03' })];

  it('names day, type, counts and the fields that may leave, under headings in both languages', () => {
    expect(reportText('csv', rows, FRAME)).toBe(
      [
        '\uFEFF"日期 day","事件类型 event type","送出条数 events sent","送出字节数 bytes sent","过期条数 expired","隔离条数 quarantined","允许出境的字段 fields allowed"',
        '"2026-11-01","cn.keepline.call.held.v1","2","900","0","0","by callId"',
        '"2026-11-02","cn.keepline.call.held.v1","1","450","3","0","by callId"',
        '',
      ].join('\r\n'),
    );
    expect(JSON.parse(reportText('json', rows, FRAME))).toMatchObject({
      ...FRAME,
      total: { events: 3, bytes: 1350, expired: 3, quarantined: 0 },
    });
    expect(reportText('html', rows, FRAME)).toContain('<th>合计 total</th><th></th><th>3</th><th>1350</th><th>3</th>');
  });

  it('questions to the cloud stand in it with the fields of their requests', () => {
    const asked = row({ type: 'request.assist', events: 4, bytes: 1600, quarantined: 1 });
    expect(reportText('csv', [asked], FRAME)).toContain('"request.assist","4","1600","0","1","candidates requestId site utterance"');
  });

  it('an unknown type has no allowed field, and markup in it stays text', () => {
    const text = reportText('html', [row({ type: '<b>"&' })], FRAME);
    expect(text).toContain('<td>&lt;b&gt;&quot;&amp;</td>');
    expect(reportText('csv', [row({ type: 'a"b' })], FRAME)).toContain('"a""b"');
  });

  it.for(REPORT_FORMATS)('%s: the order of the rows does not change a byte', (format) => {
    const any = fc.record({
      day: fc.constantFrom('2026-11-01', '2026-11-02'),
      type: fc.constantFrom('cn.keepline.call.held.v1', 'cn.keepline.call.ended.v1', 'other'),
    });
    fc.assert(
      fc.property(fc.uniqueArray(any, { selector: ({ day, type }) => day + type }), (keys) => {
        const made = keys.map((key) => row(key));
        expect(reportText(format, made.toReversed(), FRAME)).toBe(reportText(format, made, FRAME));
      }),
    );
  });
});
