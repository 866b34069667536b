/** The MLPS report as a document, pure: from one body of evidence and a language, always the same. */
import { createHash } from 'node:crypto';
import type { ReportDocument, Section, Table } from '../report/document.ts';
import { CATALOGUE, type CatalogueItem, type Language, type Text } from './catalogue.ts';
import { type Evidence, evidenceText } from './evidence.ts';
import { coverage } from './judge.ts';
import { type ItemResult, VERDICT_WORDS, VERDICTS } from './judgement.ts';

const WORDS = {
  title: { zh: '网络安全等级保护三级 技术要求自测报告', en: 'MLPS level 3: self-assessment of technical requirements' },
  site: { zh: '站点', en: 'Site' },
  period: { zh: '期间（北京时间）', en: 'Period (UTC+8)' },
  taken: { zh: '取证时间', en: 'Evidence taken at' },
  standard: { zh: '依据', en: 'Standards' },
  digest: { zh: '证据 SHA-256', en: 'SHA-256 of the evidence' },
  key: { zh: '审计日志公钥', en: 'Public key of the audit log' },
  automatic: { zh: '自动测量项', en: 'Measured items' },
  partly: { zh: '部分测量项', en: 'Partly measured items' },
  scope: { zh: '范围', en: 'Scope' },
  method: { zh: '方法', en: 'Method' },
  summary: { zh: '结论汇总', en: 'Summary of verdicts' },
  items: { zh: '逐项结论', en: 'Verdict per item' },
  exceptions: { zh: '例外与整改', en: 'Exceptions and remediation' },
  attestations: { zh: '证明文件', en: 'Attestations' },
  evidence: { zh: '附录一 测量值', en: 'Appendix A: measured values' },
  proofs: { zh: '附录二 检查点与证明', en: 'Appendix B: checkpoint and proofs' },
  item: { zh: '条款', en: 'item' },
  unit: { zh: '测评单元', en: 'test unit' },
  point: { zh: '控制点', en: 'control point' },
  requirement: { zh: '要求（转述）', en: 'requirement (paraphrase)' },
  responsibility: { zh: '责任', en: 'responsible' },
  verdict: { zh: '结论', en: 'verdict' },
  does: { zh: '产品措施', en: 'what Keepline does' },
  entry: { zh: '日志编号', en: 'log entry' },
  check: { zh: '检查', en: 'check' },
  found: { zh: '测得', en: 'found' },
  holds: { zh: '判定', en: 'holds' },
  problem: { zh: '问题', en: 'exception' },
  remedy: { zh: '整改', en: 'remedy' },
  number: { zh: '项数', en: 'items' },
  hash: { zh: '判定 SHA-256', en: 'SHA-256 of the judgement' },
  by: { zh: '责任人', en: 'by' },
  until: { zh: '有效期至', en: 'valid until' },
  none: { zh: '无', en: 'none' },
} as const satisfies Readonly<Record<string, Text>>;
const RESPONSIBLE: Readonly<Record<CatalogueItem['responsibility'], Text>> = {
  product: { zh: '产品', en: 'product' },
  operator: { zh: '用户单位', en: 'operator' },
  shared: { zh: '共同', en: 'shared' },
};
const HOLDS = (holds: boolean | null | undefined, language: Language): string => {
  if (holds === true) return language === 'zh' ? '是' : 'yes';
  if (holds === false) return language === 'zh' ? '否' : 'no';
  if (holds === null) return '–';
  return language === 'zh' ? '无法测量' : 'not measurable';
};

interface Line {
  readonly entry: CatalogueItem;
  readonly result: ItemResult;
  readonly logEntry: number;
  readonly sha256: string;
  readonly proof: string;
}

export function mlpsReport(evidence: Evidence, language: Language): ReportDocument {
  const { facts, results, proofs, verifierKey } = evidence;
  const say = (name: keyof typeof WORDS): string => WORDS[name][language];
  const lines = CATALOGUE.flatMap((entry): Line[] => {
    const result = results.find(({ item }) => item === entry.item);
    const proven = proofs.find(({ item }) => item === entry.item);
    return result && proven ? [{ entry, result, logEntry: proven.entry, sha256: proven.sha256, proof: proven.proof }] : [];
  });
  const counted = coverage(results);
  const { automatic, partly } = counted;
  return {
    kind: 'mlps',
    language,
    title: say('title'),
    site: facts.site,
    from: facts.from,
    to: facts.to,
    takenAt: facts.takenAt,
    cover: [
      [say('site'), facts.site],
      [say('period'), `${facts.from} – ${facts.to}`],
      [say('taken'), facts.takenAt],
      [say('standard'), 'GB/T 22239-2019 (8.1.2 – 8.1.5), GB/T 28448-2019'],
      [
        say('automatic'),
        language === 'zh'
          ? `${automatic.met}/${automatic.items} 符合，${automatic.measured}/${automatic.items} 已测量`
          : `${automatic.met} of ${automatic.items} met, ${automatic.measured} of ${automatic.items} measured`,
      ],
      [
        say('partly'),
        language === 'zh'
          ? `${partly.collected}/${partly.items} 已取证，${partly.attested}/${partly.items} 有证明文件`
          : `${partly.collected} of ${partly.items} collected, ${partly.attested} of ${partly.items} attested`,
      ],
      [say('digest'), createHash('sha256').update(evidenceText(evidence)).digest('hex')],
      [say('key'), verifierKey],
    ],
    sections: [
      { heading: say('scope'), paragraphs: SCOPE[language], tables: [] },
      { heading: say('method'), paragraphs: METHOD[language], tables: [] },
      {
        heading: say('summary'),
        paragraphs: [],
        tables: [
          {
            columns: [
              { title: say('verdict'), share: 3 },
              { title: say('number'), share: 1 },
            ],
            rows: VERDICTS.map((verdict) => [VERDICT_WORDS[verdict][language], String(counted.verdicts[verdict])]),
          },
        ],
      },
      { heading: say('items'), paragraphs: [], tables: [itemTable(lines, language)], newPage: true },
      { heading: say('exceptions'), paragraphs: [], tables: [exceptionTable(lines, language)], newPage: true },
      attestationSection(lines, language),
      { heading: say('evidence'), paragraphs: [], tables: [checkTable(lines, language)], newPage: true },
      proofSection(lines, evidence, language),
    ],
    rows: {
      columns: [
        'item',
        'test_unit',
        'control_point',
        'requirement',
        'responsible',
        'automatable',
        'verdict',
        'found',
        'remedy',
        'attestation',
        'measured_at',
        'log_entry',
        'judgement_sha256',
      ],
      rows: lines.map(({ entry, result, logEntry, sha256 }) => [
        entry.item,
        entry.testUnit,
        entry.point[language],
        entry.requirement[language],
        entry.responsibility,
        entry.automatable,
        result.verdict,
        result.checks.map(({ what, found, holds }) => `${what[language]}: ${found} [${HOLDS(holds, language)}]`).join('\n'),
        isException(result) ? entry.remedy[language] : '',
        result.attestation === null ? '' : `${result.attestation.by} ${result.attestation.sha256}`,
        result.measuredAt,
        String(logEntry),
        sha256,
      ]),
    },
  };
}

const isException = ({ verdict }: ItemResult): boolean => verdict !== 'met' && verdict !== 'not_applicable';
const column = (name: keyof typeof WORDS, language: Language, share: number) => ({ title: WORDS[name][language], share });

function itemTable(lines: readonly Line[], language: Language): Table {
  return {
    columns: [
      ...[column('item', language, 9), column('unit', language, 11), column('point', language, 13), column('requirement', language, 24)],
      ...[
        column('does', language, 26),
        column('responsibility', language, 9),
        column('verdict', language, 9),
        column('entry', language, 7),
      ],
    ],
    rows: lines.map(({ entry, result, logEntry }) => [
      entry.item,
      entry.testUnit,
      entry.point[language],
      entry.requirement[language],
      entry.does[language],
      RESPONSIBLE[entry.responsibility][language],
      VERDICT_WORDS[result.verdict][language],
      String(logEntry),
    ]),
  };
}

function exceptionTable(lines: readonly Line[], language: Language): Table {
  const open = lines.filter(({ result }) => isException(result));
  return {
    columns: [
      column('item', language, 10),
      column('unit', language, 12),
      column('verdict', language, 10),
      column('problem', language, 40),
      column('remedy', language, 30),
    ],
    rows: open.map(({ entry, result }) => [
      entry.item,
      entry.testUnit,
      VERDICT_WORDS[result.verdict][language],
      result.checks
        .filter(({ holds }) => holds === false || holds === undefined)
        .map(({ what, found }) => `${what[language]}: ${found}`)
        .join('\n') || (language === 'zh' ? '缺少证明文件' : 'no attestation'),
      entry.remedy[language],
    ]),
  };
}

function attestationSection(lines: readonly Line[], language: Language): Section {
  const attested = lines.flatMap(({ result }) => (result.attestation ? [result.attestation] : []));
  const rows = attested.map(({ item, by, validUntil, sha256 }) => [item, by, validUntil, sha256]);
  const columns = [column('item', language, 2), column('by', language, 3), column('until', language, 2), { title: 'SHA-256', share: 6 }];
  return {
    heading: WORDS.attestations[language],
    paragraphs: rows.length === 0 ? [WORDS.none[language]] : [],
    tables: rows.length === 0 ? [] : [{ columns, rows }],
  };
}

function checkTable(lines: readonly Line[], language: Language): Table {
  return {
    columns: [column('item', language, 10), column('check', language, 34), column('found', language, 42), column('holds', language, 12)],
    rows: lines.flatMap(({ entry, result }) =>
      result.checks.map(({ what, found, holds }) => [entry.item, what[language], found, HOLDS(holds, language)]),
    ),
  };
}

function proofSection(lines: readonly Line[], { checkpoint }: Evidence, language: Language): Section {
  const paragraphs =
    language === 'zh'
      ? [
          '每项判定的 SHA-256 写入审计日志；下列证明（C2SP tlog-proof 的哈希）在检查点之下证明该条目存在。完整证明在 JSON 格式的报告中，可离线核对。',
          checkpoint.trim(),
        ]
      : [
          'The SHA-256 of each judgement is in the audit log; the hashes below (of a C2SP tlog-proof) prove that entry under the checkpoint. Whole proofs are in the JSON form of this report and can be checked offline.',
          checkpoint.trim(),
        ];
  return {
    heading: WORDS.proofs[language],
    paragraphs,
    newPage: true,
    tables: [
      {
        isFine: true,
        columns: [
          column('item', language, 8),
          column('entry', language, 6),
          column('hash', language, 34),
          { title: language === 'zh' ? '证明' : 'proof', share: 52 },
        ],
        rows: lines.map(({ entry, logEntry, sha256, proof }) => [entry.item, String(logEntry), sha256, hashesOf(proof).join('\n')]),
      },
    ],
  };
}

/** The hashes of a tlog-proof: what stands between its index and the blank line. */
const hashesOf = (proof: string): string[] =>
  proof
    .slice(0, proof.indexOf('\n\n'))
    .split('\n')
    .filter((line) => /^[A-Za-z0-9+/]{43}=$/.test(line));

const SCOPE: Readonly<Record<Language, readonly string[]>> = {
  zh: [
    '本报告覆盖 GB/T 22239-2019 第三级安全通用要求中安全通信网络、安全区域边界、安全计算环境和安全管理中心的 74 项技术要求，对象为本站点的 Keepline 设备及其所在主机。',
    '物理环境、管理制度、人员、建设与运维管理的要求不在范围内。条款内容为转述，以标准原文为准。本报告是自测结果，不代替测评机构的等级测评。',
  ],
  en: [
    'This report covers the 74 technical items of the level 3 general requirements of GB/T 22239-2019 on communication network, area boundary, computing environment and management centre, for the Keepline appliance of this site and the machine it runs on.',
    'Physical environment, policies, people, construction and operation are out of scope. Requirements are paraphrased; the standard itself prevails. This is a self-assessment and does not replace the assessment by a licensed body.',
  ],
};
const METHOD: Readonly<Record<Language, readonly string[]>> = {
  zh: [
    '每项由若干检查组成，检查的输入取自运行中的系统：内核套接字表、实际 TLS 握手、数据库查询、审计日志逐条重算、文件头与哈希、主机程序的输出。配置文件只用作比较的限值。',
    '全部检查成立为符合，全部不成立为不符合，部分成立为部分符合，均无法测量则如实写明。部分测量项另需证明文件才可判为符合；证明文件不能抵消不成立的检查。',
  ],
  en: [
    'Each item is a list of checks on the running system: socket tables of the kernel, real TLS handshakes, database queries, the audit log recomputed entry by entry, file headers and hashes, the output of host programs. Settings serve as limits to compare with, never as evidence.',
    'All checks hold: met. None: not met. Some: partly met. Where nothing could be measured, the report says so. Items measured partly need an attestation to be met; an attestation never outweighs a check that failed.',
  ],
};
