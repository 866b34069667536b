/** Reports of what people did, from the audit log by days: access, recordings, privileged acts, failed sign-ins, keys. */
import type { ReportDocument } from '../report/document.ts';
import { EntryReader } from '../audit/entry-reader.ts';
import { KeeplineError } from '@keepline/contracts/errors';
import type { Language, Text } from './catalogue.ts';
import { dayOf, type EntryFields, fieldsOf, isWithin, type Period } from './period.ts';

export const ACTIVITY_KINDS = ['access', 'recordings', 'privileged', 'sign-ins', 'keys'] as const;
export type ActivityKind = (typeof ACTIVITY_KINDS)[number];
/** Entries of one report; a busier period is reported in parts. */
const ENTRIES_MAX = 100_000;

interface Kind {
  readonly title: Text;
  readonly about: Text;
  wants(entry: EntryFields): boolean;
}
const isOneOf =
  (acts: readonly string[]) =>
  (entry: EntryFields): boolean =>
    entry.outcome !== 'intent' && acts.includes(entry.act);
const RECORDING = /^recording\./;
const ACCESS = [
  'agent.sign_in',
  'agent.sign_out',
  'session.second_factor',
  'session.revoke',
  'user.create',
  'user.disable',
  'user.enable',
  'user.roles',
  'user.reset',
  'user.lock',
  'user.unlock',
  'user.bind',
  'user.unbind',
  'token.create',
  'token.revoke',
];
const PRIVILEGED_ROLES: readonly string[] = ['system_admin', 'security_admin', 'audit_admin', 'compliance_officer', 'operator'];
const KEYS = /^(key\.|credentials\.|factor\.|password\.)/;

const KINDS: Readonly<Record<ActivityKind, Kind>> = {
  access: {
    title: { zh: '访问报告', en: 'Access report' },
    about: {
      zh: '登录、会话、账户与权限变更，以及当前的账户与角色。',
      en: 'Sign-ins, sessions, changes of accounts and rights, and who holds which role now.',
    },
    wants: isOneOf(ACCESS),
  },
  recordings: {
    title: { zh: '录音访问报告', en: 'Recording access report' },
    about: { zh: '谁在何时以何目的查询、收听或导出录音。', en: 'Who listed, heard or exported recordings, when, and why.' },
    wants: ({ act, outcome }) => outcome !== 'intent' && RECORDING.test(act),
  },
  privileged: {
    title: { zh: '特权操作报告', en: 'Privileged acts' },
    about: {
      zh: '管理员、合规专员与控制台所做的全部审计操作。',
      en: 'Everything audited that administrators, compliance officers and the console did.',
    },
    wants: ({ role, outcome }) => outcome !== 'intent' && PRIVILEGED_ROLES.includes(role),
  },
  'sign-ins': {
    title: { zh: '登录失败报告', en: 'Failed sign-ins' },
    about: {
      zh: '失败的登录与第二因素、账户锁定、被封禁的来源。',
      en: 'Sign-ins and second factors that failed, accounts that were locked, sources that were banned.',
    },
    wants: ({ act, outcome }) =>
      (outcome === 'failed' && ['agent.sign_in', 'session.second_factor'].includes(act)) ||
      (outcome !== 'intent' && ['user.lock', 'sip.ban'].includes(act)),
  },
  keys: {
    title: { zh: '密钥与凭据报告', en: 'Key ceremonies' },
    about: {
      zh: '密钥、凭据、口令与第二因素的创建、更换和移除。',
      en: 'Keys, credentials, passwords and second factors made, replaced and removed.',
    },
    wants: ({ act, outcome }) => outcome !== 'intent' && KEYS.test(act),
  },
};

export interface ActivityEntry extends EntryFields {
  readonly number: number;
}
export interface AccountRow {
  readonly id: string;
  readonly roles: readonly string[];
  readonly isDisabled: boolean;
}

/** @throws AuditLogAbsent, AuditDamaged, KeeplineError REPORT_TOO_LONG */
export async function readActivity(dir: string, kind: ActivityKind, period: Period): Promise<ActivityEntry[]> {
  const found: ActivityEntry[] = [];
  const reader = await EntryReader.open(dir);
  try {
    for await (const block of reader.forwards())
      for (const { number, line } of block) {
        const entry = fieldsOf(line);
        if (!entry || !isWithin(period, entry.time) || !KINDS[kind].wants(entry)) continue;
        if (found.length === ENTRIES_MAX)
          throw new KeeplineError('REPORT_TOO_LONG', `the report would have more than ${ENTRIES_MAX} entries`, {
            hint: 'Ask for fewer days at once.',
            offending: ENTRIES_MAX,
          });
        found.push({ number, ...entry });
      }
  } finally {
    await reader.close();
  }
  return found;
}

const COLUMNS = [
  { key: 'number', zh: '编号', en: 'number', share: 6 },
  { key: 'time', zh: '时间（UTC）', en: 'time (UTC)', share: 14 },
  { key: 'act', zh: '操作', en: 'act', share: 14 },
  { key: 'outcome', zh: '结果', en: 'outcome', share: 7 },
  { key: 'who', zh: '用户', en: 'who', share: 13 },
  { key: 'role', zh: '角色', en: 'role', share: 12 },
  { key: 'from', zh: '来源', en: 'from', share: 11 },
  { key: 'object', zh: '对象', en: 'object', share: 16 },
  { key: 'purpose', zh: '目的', en: 'purpose', share: 14 },
] as const;

/** Pure. @param accounts shown in the access report @param takenAt of the newest entry there can be: when the report was asked for */
export function activityReport(
  kind: ActivityKind,
  entries: readonly ActivityEntry[],
  accounts: readonly AccountRow[],
  frame: Period & { readonly site: string; readonly takenAt: string; readonly language: Language },
): ReportDocument {
  const { language, site, from, to, takenAt } = frame;
  const { title, about } = KINDS[kind];
  const days = Map.groupBy(entries, ({ time }) => dayOf(time));
  const zh = language === 'zh';
  const rows = entries.map((entry) =>
    COLUMNS.map(({ key }) => (key === 'time' ? entry.time.slice(0, 19).replace('T', ' ') : String(entry[key]))),
  );
  return {
    kind,
    language,
    title: title[language],
    site,
    from,
    to,
    takenAt,
    cover: [
      [zh ? '站点' : 'Site', site],
      [zh ? '期间（北京时间）' : 'Period (UTC+8)', `${from} – ${to}`],
      [zh ? '条数' : 'Entries', String(entries.length)],
    ],
    sections: [
      {
        heading: zh ? '按日汇总' : 'By day',
        paragraphs: [about[language]],
        tables: [
          {
            columns: [
              { title: zh ? '日期' : 'day', share: 1 },
              { title: zh ? '条数' : 'entries', share: 1 },
              { title: zh ? '其中失败' : 'of these failed', share: 1 },
            ],
            rows: [...days].map(([day, of]) => [day, String(of.length), String(of.filter(({ outcome }) => outcome === 'failed').length)]),
          },
        ],
      },
      ...(kind === 'access'
        ? [
            {
              heading: zh ? '账户与角色' : 'Accounts and roles',
              paragraphs: [],
              tables: [
                {
                  columns: [
                    { title: zh ? '账户' : 'account', share: 2 },
                    { title: zh ? '角色' : 'roles', share: 4 },
                    { title: zh ? '停用' : 'disabled', share: 1 },
                  ],
                  rows: accounts.map(({ id, roles, isDisabled }) => [id, roles.join(', '), isDisabled ? (zh ? '是' : 'yes') : '']),
                },
              ],
            },
          ]
        : []),
      {
        heading: zh ? '明细' : 'Entries',
        paragraphs: [],
        tables: [{ columns: COLUMNS.map((one) => ({ title: one[language], share: one.share })), rows }],
      },
    ],
    rows: { columns: COLUMNS.map(({ key }) => key), rows },
  };
}
