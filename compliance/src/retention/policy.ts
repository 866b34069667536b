/**
 * How long a recording is kept, by line of business: pure. Each row names the rule it follows; `confirm` marks what counsel of the bank should
 * confirm before it is relied on. Months are calendar months in UTC; a period ends at the first ms after them.
 */
import { BUSINESS_LINES, type BusinessLine } from '@keepline/contracts/business-lines';
import { RetentionTooShort } from './errors.ts';

export interface LineRule {
  /** What the period counts from: the recording itself, or the end of the contract it led to, which somebody must tell us. */
  readonly from: 'recording' | 'contract_end';
  readonly months: number;
  /** Whether the period is a minimum by law; else it is a proposal the house may shorten. */
  readonly byLaw: boolean;
  readonly confirm: boolean;
  readonly zh: string;
  readonly en: string;
}

export const LINE_RULES: Readonly<Record<BusinessLine, LineRule>> = {
  service: {
    ...{ from: 'recording', months: 24, byLaw: false, confirm: false },
    zh: '无销售的服务电话：按本行政策，建议 2 年',
    en: 'service call without a sale: policy of the house, 2 years proposed',
  },
  collection: {
    ...{ from: 'recording', months: 24, byLaw: true, confirm: false },
    zh: '信用卡催收录音至少保存 2 年（商业银行信用卡业务监督管理办法第六十八条）',
    en: 'credit card collection: at least 2 years (rules on credit card business of commercial banks, art. 68)',
  },
  bank_sale: {
    ...{ from: 'contract_end', months: 6, byLaw: true, confirm: false },
    zh: '理财及代销产品双录：产品或合同终止后至少 6 个月，有争议至最终解决（银监办发〔2017〕110号）',
    en: 'own and agency products: 6 months after product or contract end, disputes until settled (Yinjianbanfa 2017 no. 110)',
  },
  insurance_sale_short: {
    ...{ from: 'contract_end', months: 60, byLaw: true, confirm: false },
    zh: '保险期间一年及以下：自保险合同终止之日起不少于 5 年（保监发〔2017〕54号）',
    en: 'insurance of one year or less: 5 years from the end of the contract (Baojianfa 2017 no. 54)',
  },
  insurance_sale_long: {
    ...{ from: 'contract_end', months: 120, byLaw: true, confirm: false },
    zh: '保险期间超过一年：自保险合同终止之日起不少于 10 年（保监发〔2017〕54号）',
    en: 'insurance of more than one year: 10 years from the end of the contract (Baojianfa 2017 no. 54)',
  },
  securities_sale: {
    ...{ from: 'recording', months: 240, byLaw: true, confirm: true },
    zh: '证券期货适当性资料：不少于 20 年（证券期货投资者适当性管理办法第三十二条）',
    en: 'suitability records of securities and futures: 20 years (CSRC order 130, art. 32)',
  },
  aml_relevant: {
    ...{ from: 'contract_end', months: 120, byLaw: true, confirm: false },
    zh: '反洗钱相关：业务关系结束后至少 10 年（反洗钱法第三十四条，2025 年施行）',
    en: 'relevant to anti-money-laundering: 10 years after the relation ends (Anti-Money-Laundering Law, art. 34)',
  },
};

/** Own periods of a house, months. */
export type OwnPeriods = ReadonlyArray<{ readonly line: BusinessLine; readonly months: number }>;

/** The rules with the periods of the house in them. @throws RetentionTooShort when one is below the law */
export function rulesWith(own: OwnPeriods): Readonly<Record<BusinessLine, LineRule>> {
  const rules = { ...LINE_RULES };
  for (const { line, months } of own) {
    const rule = LINE_RULES[line];
    if (rule.byLaw && months < rule.months) throw new RetentionTooShort(line, months, rule.months);
    rules[line] = { ...rule, months };
  }
  return rules;
}

/**
 * The latest start whose period is over at `nowMs`: whatever began then or before may go.
 * @returns wall ms since 1970
 */
export function startOfWhatIsOver(rule: Pick<LineRule, 'months'>, nowMs: number): number {
  let start = addMonths(nowMs, -rule.months);
  // Months differ in length: from the 31st back lands on the 30th or later, so step back until forth is not beyond now.
  while (addMonths(start, rule.months) > nowMs) start -= DAY_MS;
  return start;
}

/** When a period ends that begins at `startMs`; a day the month lacks becomes its last. */
export function addMonths(startMs: number, months: number): number {
  const start = new Date(startMs);
  const first = new Date(startMs);
  first.setUTCDate(1);
  first.setUTCMonth(first.getUTCMonth() + months);
  const lastDay = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate();
  first.setUTCDate(Math.min(start.getUTCDate(), lastDay));
  return first.getTime();
}

const DAY_MS = 86_400_000;

export const isBusinessLine = (text: string): text is BusinessLine => BUSINESS_LINES.some((line) => line === text);
