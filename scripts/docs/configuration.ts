/** Writes docs/configuration.md from the schema of the site file, so that defaults, ranges and sentences are written once. Pure. */
import { SiteConfig } from '@keepline/contracts/site-config';
import { parseSite } from '@keepline/contracts/site-file';
import { stringify } from 'yaml';

/** The parts of a JSON schema that this page speaks of. */
interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
}

interface Section {
  readonly path: string;
  readonly sentence: string;
  readonly rows: readonly string[];
}

export function configurationPage(): string {
  const sections = sectionsOf('', SiteConfig, 'Settings at the top of the file.');
  const tables = sections.map(({ path, sentence, rows }) =>
    [
      `## ${path === '' ? 'The site' : `\`${path}\``}`,
      '',
      sentence,
      '',
      '| setting | type | default | allowed | meaning |',
      '|---|---|---|---|---|',
      ...rows,
    ].join('\n'),
  );
  return `# Configuration

<!-- Written by scripts/write-docs.ts from contracts/src/site-config.ts; change that file. -->

A site is one file, \`site.yaml\` (\`./keepline up --site FILE\`, by default the one in the data folder). What is left out has its default. The
file is checked as a whole before any port is opened, and all faults are reported at once. Paths are relative to the data folder.

${tables.join('\n\n')}

## A whole file

Every setting with its default:

\`\`\`yaml
${stringify(parseSite({}), { lineWidth: 0 }).trimEnd()}
\`\`\`
`;
}

/** One section per object: its plain settings as rows, then the objects inside it. */
function sectionsOf(path: string, schema: Schema, sentence: string): Section[] {
  const rows: string[] = [];
  const inner: Section[] = [];
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    const at = path === '' ? name : `${path}.${name}`;
    if (field.properties !== undefined) inner.push(...sectionsOf(at, field, field.description ?? ''));
    else if (field.items?.properties !== undefined) {
      rows.push(rowOf(at, field));
      inner.push(...sectionsOf(`${at}[]`, field.items, `One entry of \`${at}\`.`));
    } else rows.push(rowOf(at, field));
  }
  return rows.length === 0 ? inner : [{ path, sentence, rows }, ...inner];
}

function rowOf(path: string, field: Schema): string {
  const cells = [`\`${path}\``, typeOf(field), defaultOf(field), allowedIn(field), field.description ?? ''];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function typeOf(field: Schema): string {
  if (field.anyOf !== undefined) return 'choice';
  if (field.type === 'array') return field.items?.properties === undefined ? 'list of texts' : 'list';
  return { integer: 'whole number', string: 'text', boolean: 'yes or no' }[field.type ?? ''] ?? field.type ?? '';
}

function defaultOf(field: Schema): string {
  if (field.default === undefined || field.default === '') return field.default === '' ? 'empty' : 'none';
  if (Array.isArray(field.default) && field.items?.properties !== undefined) return `${field.default.length} entry(s), see below`;
  return `\`${typeof field.default === 'string' ? field.default : JSON.stringify(field.default)}\``;
}

function allowedIn(field: Schema): string {
  if (field.anyOf !== undefined) return field.anyOf.map((choice) => `\`${String(choice.const)}\``).join(', ');
  if (field.pattern !== undefined) return `\`${field.pattern}\``;
  if (field.type === 'integer') return `${field.minimum ?? ''} to ${field.maximum ?? ''}`;
  if (field.type === 'array') return `${field.minItems ?? 0} to ${field.maxItems ?? ''} entries`;
  return field.maxLength === undefined ? '' : `up to ${field.maxLength} characters`;
}
