/**
 * `./keepline anonymise policy show | check FILE | use FILE | history`: what may leave the site, as data. A change is audited with the hashes
 * before and after; a running gateway takes it up with the next event.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { KeeplineError, messageOf } from '@keepline/contracts/errors';
import { omissionsOf, policyHash } from './anonymise/policy-document.ts';
import { installPolicy, type PolicyInForce, policyHistory, policyInForce, readPolicyFile } from './anonymise/policy-store.ts';
import { AuditLogAbsent } from './audit/errors.ts';
import { openSiteConsole } from './console.ts';

const ROOT_DATA = fileURLToPath(new URL('../../var', import.meta.url));
const TEXTS = {
  en: {
    usage: `usage: ./keepline anonymise policy show | check FILE | use FILE | history [--data DIR] [--lang zh|en] [--purpose TEXT] [--json]

  show      what leaves of each field of each event, and the class of the field (JR/T 0171)
  check     whether FILE is a policy, and a lawful one
  use       puts FILE in force from the next event on; audited as policy.change
  history   every policy that was installed`,
    'built-in': 'built in',
    site: 'of the site',
    nothing: 'nothing',
    pseudonym: 'a pseudonym',
    itself: 'itself, if its shape fits',
    lawful: 'lawful',
    omitted: 'left out, so refused',
    changed: 'in force from the next event on',
    none: 'no policy was installed; the built-in one is in force',
    version: 'version',
  },
  zh: {
    usage: `用法：./keepline anonymise policy show | check FILE | use FILE | history [--data DIR] [--lang zh|en] [--purpose TEXT] [--json]

  show      每类事件每个字段的级别（JR/T 0171）及离场内容
  check     检查 FILE 是否为合规的策略
  use       自下一个事件起启用 FILE；以 policy.change 记入审计
  history   曾经启用的全部策略`,
    'built-in': '内置',
    site: '本站点',
    nothing: '不出站',
    pseudonym: '假名',
    itself: '原值（须符合格式）',
    lawful: '合规',
    omitted: '未列出，将被拒绝',
    changed: '自下一个事件起生效',
    none: '尚未启用任何策略，现用内置策略',
    version: '版本',
  },
} as const;
type Texts = (typeof TEXTS)['en' | 'zh'];

interface Given {
  readonly data: string;
  readonly json: boolean;
  readonly purpose: string;
  readonly texts: Texts;
}

const title = ({ document, hash, source }: PolicyInForce, texts: Texts): string =>
  `${texts.version} ${document.version} (${texts[source]}), sha256 ${hash}`;

function show({ data, json, texts }: Given): void {
  const policy = policyInForce(data);
  if (json) return console.log(JSON.stringify(policy.document, undefined, 2)); // as `use` takes it
  console.log(title(policy, texts));
  for (const [type, fields] of Object.entries(policy.document.events)) {
    console.log(type);
    for (const [field, { class: level, leaves }] of Object.entries(fields)) console.log(`  ${field.padEnd(16)} ${level}  ${texts[leaves]}`);
  }
  warn(policy.document, texts);
}

function check(file: string, { json, texts }: Given): void {
  const document = readPolicyFile(resolve(file));
  const hash = policyHash(document);
  if (json) return console.log(JSON.stringify({ ok: true, version: document.version, hash, omitted: omissionsOf(document) }));
  console.log(`${texts.lawful}: ${texts.version} ${document.version}, sha256 ${hash}`);
  warn(document, texts);
}

function warn(document: PolicyInForce['document'], texts: Texts): void {
  for (const omitted of omissionsOf(document)) console.error(`${texts.omitted}: ${omitted}`);
}

/** The intent with both hashes is durable before the change. */
async function use(file: string, { data, json, purpose, texts }: Given): Promise<void> {
  const document = readPolicyFile(resolve(file));
  const before = hashInForce(data);
  const dir = join(data, 'audit');
  if (!existsSync(dir)) throw new AuditLogAbsent(dir);
  const opened = await openSiteConsole(data);
  try {
    const object = `policy:${before.slice(0, 48)}:${policyHash(document).slice(0, 48)}`; // as much as an entry holds of both
    const installed = await opened.audited('policy.change', object, purpose, () => Promise.resolve(installPolicy(data, document)));
    if (json) console.log(JSON.stringify({ version: document.version, before, after: installed.hash }));
    else console.log(`${title(installed, texts)}: ${texts.changed}`);
  } finally {
    await opened.close();
  }
  warn(document, texts);
}

/** Also of a site whose policy was damaged, which `use` mends. */
function hashInForce(data: string): string {
  try {
    return policyInForce(data).hash;
  } catch (fault) {
    if (fault instanceof KeeplineError && fault.code === 'POLICY_UNREADABLE') return 'unreadable';
    throw fault;
  }
}

function history({ data, json, texts }: Given): void {
  const all = policyHistory(data);
  if (json)
    return console.log(
      JSON.stringify(all.map(({ document, hash, installedMs }) => ({ version: document.version, hash, installedMs, note: document.note }))),
    );
  if (all.length === 0) console.log(texts.none);
  for (const one of all) console.log(`${new Date(one.installedMs).toISOString()}  ${title(one, texts)}  ${one.document.note}`);
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      data: { type: 'string' },
      lang: { type: 'string', default: process.env['LANG']?.startsWith('zh') === true ? 'zh' : 'en' },
      purpose: { type: 'string', default: '' },
      json: { type: 'boolean', default: false },
    },
  });
  const [command, file, ...more] = positionals;
  const texts = TEXTS[values.lang === 'zh' ? 'zh' : 'en'];
  const given: Given = { data: resolve(values.data ?? ROOT_DATA), json: values.json, purpose: values.purpose, texts };
  if (more.length === 0 && file === undefined && command === 'show') show(given);
  else if (more.length === 0 && file === undefined && command === 'history') history(given);
  else if (more.length === 0 && file !== undefined && command === 'check') check(file, given);
  else if (more.length === 0 && file !== undefined && command === 'use') await use(file, given);
  else {
    console.error(texts.usage);
    return 2;
  }
  return 0;
}

try {
  process.exitCode = await main();
} catch (thrown) {
  if (thrown instanceof KeeplineError) console.error(`${thrown.code}: ${thrown.message}\n  ${thrown.hint}`);
  else console.error(messageOf(thrown));
  process.exitCode = thrown instanceof KeeplineError ? 1 : 2;
}
