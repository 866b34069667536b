/** "What left the building" as a document for paper; the text forms are those of `cloud-sync`. Pure. */
import type { LedgerDay } from '@keepline/cloud-sync/egress-ledger';
import type { ReportDocument } from '@keepline/compliance/report-document';

const COLUMNS = [
  { key: 'day', zh: '日期', en: 'day', share: 12 },
  { key: 'type', zh: '事件类型', en: 'event type', share: 40 },
  { key: 'events', zh: '送出条数', en: 'events sent', share: 12 },
  { key: 'bytes', zh: '送出字节数', en: 'bytes sent', share: 14 },
  { key: 'expired', zh: '过期条数', en: 'expired', share: 11 },
  { key: 'quarantined', zh: '隔离条数', en: 'quarantined', share: 11 },
] as const;

export function egressDocument(
  days: readonly LedgerDay[],
  frame: Pick<ReportDocument, 'site' | 'from' | 'to' | 'takenAt' | 'language'>,
): ReportDocument {
  const zh = frame.language === 'zh';
  const rows = days.map((day) => COLUMNS.map(({ key }) => String(day[key])));
  const total = (key: 'events' | 'bytes'): string => String(days.reduce((sum, day) => sum + day[key], 0));
  return {
    ...frame,
    kind: 'egress',
    title: zh ? '出域数据报告' : 'What left the building',
    cover: [
      [zh ? '站点' : 'Site', frame.site],
      [zh ? '期间（北京时间）' : 'Period (UTC+8)', `${frame.from} – ${frame.to}`],
      [zh ? '送出条数 / 字节数' : 'Events / bytes sent', `${total('events')} / ${total('bytes')}`],
    ],
    sections: [
      {
        heading: zh ? '按日与类型' : 'By day and type',
        paragraphs: [
          zh
            ? '离开本站的只有匿名事件；下表来自出域台账，与事件送达在同一事务中记账。'
            : 'Only anonymised events leave the site; the table is its egress ledger, written in the transaction that settles the events.',
        ],
        tables: [{ columns: COLUMNS.map((column) => ({ title: column[frame.language], share: column.share })), rows }],
      },
    ],
    rows: { columns: COLUMNS.map(({ key }) => key), rows },
  };
}
