/** Keeps the documents true: error codes and their page, generated pages and their sources, links and the files they point at. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { parse } from 'yaml';
import { parseSite } from '@keepline/contracts/site-file';
import { describe, expect, it } from 'vitest';
import { adrIndex } from '../scripts/docs/adr-list.ts';
import { configurationPage } from '../scripts/docs/configuration.ts';
import { codesInSources, codesOnPage } from '../scripts/docs/error-codes.ts';
import { decisionRecords, filesWithCodes } from '../scripts/write-docs.ts';
import { ROOT } from './source-files.ts';

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

describe('docs/errors.md', () => {
  const codes = codesInSources(filesWithCodes());
  const rows = codesOnPage(read('docs/errors.md'));

  it('has a row for every error code in the sources', () => {
    const missing = [...codes].filter(([code]) => !rows.includes(code)).map(([code, path]) => `${code} of ${path}`);
    expect(missing, 'add a row: | CODE | meaning | what to do |').toEqual([]);
    expect(codes.size).toBeGreaterThan(100); // else the pattern no longer matches how errors are written
  });

  it('has no row for a code that is gone, and none twice', () => {
    expect(rows.filter((code) => !codes.has(code))).toEqual([]);
    expect(rows.filter((code, i) => rows.indexOf(code) !== i)).toEqual([]);
  });

  it('has a meaning and a next action in each row, sorted by code', () => {
    const lines = read('docs/errors.md')
      .split('\n')
      .filter((line) => /^\| `?[A-Z]+_/.test(line));
    expect(lines.filter((line) => !/^\| \S+ \| [^|]{8,} \| [^|]{8,} \|$/.test(line.replaceAll('\\|', '/')))).toEqual([]);
    expect(rows).toEqual(rows.toSorted((a, b) => (a < b ? -1 : 1)));
  });
});

describe('docs/glossary.md', () => {
  it('is one table of three cells a row, sorted by term, no term twice', () => {
    const [above = '', below = ''] = read('docs/glossary.md').split('| term | 中文 | meaning |\n|---|---|---|\n');
    expect(above.split('\n').filter((line) => line.startsWith('|'))).toEqual([]);
    const rows = below.trimEnd().split('\n');
    expect(rows.filter((row) => !/^\| [^|]+ \| [^|]+ \| [^|]+ \|$/.test(row))).toEqual([]);
    const terms = rows.map((row) => (row.split('|')[1] ?? '').trim().toLowerCase());
    expect(terms).toEqual([...new Set(terms)].toSorted((a, b) => (a < b ? -1 : 1)));
    expect(terms.length).toBeGreaterThan(50);
  });
});

describe('generated pages', () => {
  it('docs/configuration.md says what the schema says', () => {
    expect(read('docs/configuration.md'), 'run: node scripts/write-docs.ts').toBe(configurationPage());
  });

  it('the whole file shown there is a site file that changes nothing', () => {
    const example = /```yaml\n([^]*?)```/.exec(configurationPage())?.[1] ?? '';
    expect(parseSite(parse(example))).toEqual(parseSite({}));
  });

  it('docs/adr/README.md lists every decision record with its title and status', () => {
    expect(read('docs/adr/README.md'), 'run: node scripts/write-docs.ts').toBe(adrIndex(decisionRecords()));
    expect(read('docs/adr/README.md')).not.toMatch(/\| (untitled|unknown) \|/);
  });

  it('the numbers of decision records are used once', () => {
    const numbers = decisionRecords().map(({ file }) => file.slice(0, 4));
    expect(numbers.filter((number, i) => numbers.indexOf(number) !== i)).toEqual([]);
  });
});

describe('links', () => {
  it('lead from the map of the documents to every runbook', () => {
    const map = read('docs/README.md');
    const runbooks = globSync('docs/runbook/*.md', { cwd: ROOT }).map((path) => path.slice('docs/'.length));
    expect(runbooks.filter((path) => !map.includes(`](${path})`))).toEqual([]);
    expect(runbooks.length).toBeGreaterThan(5);
  });

  const exclude = (name: string): boolean => /(^|\/)(node_modules|dist|var|\.runtime)$/.test(name);
  const pages = globSync(['*.md', '*/**/*.md'], { cwd: ROOT, exclude });

  it('point at files that exist', () => {
    const broken = pages.flatMap((page) =>
      [...read(page).matchAll(/\]\(([^)\s#]+)(?:#[^)]*)?\)/g)]
        .map(([, link = '']) => link)
        .filter((link) => !/^[a-z]+:/.test(link))
        .filter((link) => !existsSync(join(ROOT, dirname(page), decodeURIComponent(link))))
        .map((link) => `${page} links ${link}, which would be ${relative(ROOT, join(ROOT, dirname(page), link))}`),
    );
    expect(broken).toEqual([]);
    expect(pages.length).toBeGreaterThan(5);
  });

  it('and files named in backticks exist as well', () => {
    const folders = 'contracts|compliance|cloud-sync|gateway|admin-ui|installer|testkit|scripts|docs|ansible';
    const named = new RegExp(`\`((?:${folders})/[A-Za-z0-9_./-]+\\.(?:ts|tsx|md|sh|yaml|yml|cpp|h|txt))\``, 'g');
    const gone = pages.flatMap((page) =>
      [...read(page).matchAll(named)]
        .map(([, path = '']) => path)
        .filter((path) => !existsSync(join(ROOT, path)))
        .map((path) => `${page} names ${path}`),
    );
    expect(gone).toEqual([]);
  });
});
