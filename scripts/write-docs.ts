/** Writes the generated pages of docs/. Usage: node scripts/write-docs.ts [--errors] */
import { globSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { adrIndex, type DecisionRecord } from './docs/adr-list.ts';
import { configurationPage } from './docs/configuration.ts';
import { codesInSources, codesOnPage, type TextFile } from './docs/error-codes.ts';

const ROOT = resolve(import.meta.dirname, '..');
const USAGE = `usage: node scripts/write-docs.ts            write docs/configuration.md and docs/adr/README.md
       node scripts/write-docs.ts --errors   list codes without a row in docs/errors.md, and rows without a code`;

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** Files whose error codes an operator may meet: the product and the test kit's demo, not tests. */
export function filesWithCodes(): TextFile[] {
  const exclude = (name: string): boolean => /(^|\/)(node_modules|dist|testing|fixtures|test)$|\.test\.ts$/.test(name);
  const paths = globSync('{contracts,compliance,cloud-sync,gateway,installer,testkit,scripts}/**/*.ts', { cwd: ROOT, exclude });
  return ['keepline', ...paths.toSorted()].map((path) => ({ path, text: read(path) }));
}

export function decisionRecords(): DecisionRecord[] {
  const files = readdirSync(join(ROOT, 'docs/adr')).filter((file) => /^\d{4}-.+\.md$/.test(file) && !file.startsWith('0000'));
  return files.map((file) => ({ file, text: read(`docs/adr/${file}`) }));
}

function listErrors(): number {
  const inSources = codesInSources(filesWithCodes());
  const rows = codesOnPage(read('docs/errors.md'));
  const missing = [...inSources].filter(([code]) => !rows.includes(code));
  const gone = rows.filter((code) => !inSources.has(code));
  for (const [code, path] of missing) console.log(`no row:  ${code}  (${path})`);
  for (const code of gone) console.log(`no code: ${code}`);
  return missing.length + gone.length === 0 ? 0 : 1;
}

function main(args: readonly string[]): number {
  if (args.length === 0) {
    writeFileSync(join(ROOT, 'docs/configuration.md'), configurationPage());
    writeFileSync(join(ROOT, 'docs/adr/README.md'), adrIndex(decisionRecords()));
    return 0;
  }
  if (args.length === 1 && args[0] === '--errors') return listErrors();
  console.log(USAGE);
  return args[0] === '--help' ? 0 : 2;
}

if (import.meta.main) process.exitCode = main(process.argv.slice(2));
