import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ReportDocument } from './document.ts';
import { csv, html, json } from './text-forms.ts';

const report = (...cells: string[]): ReportDocument => ({
  kind: 'access',
  language: 'en',
  title: 'Access <report>',
  site: 'demo',
  from: '2026-11-01',
  to: '2026-11-30',
  takenAt: '2026-11-30T15:59:59.999Z',
  cover: [['Site', '<b>demo</b>']],
  sections: [{ heading: 'A & B', paragraphs: ['"x"'], tables: [{ columns: [{ title: 'who', share: 1 }], rows: [cells] }] }],
  rows: { columns: cells.map((_, i) => `c${i}`), rows: [cells] },
});

describe('CSV', () => {
  it('begins with a mark for UTF-8, quotes every cell, and ends lines as RFC 4180 says', () => {
    expect(csv(report('a', 'say "no"', 'two\nlines'))).toBe('\uFEFF"c0","c1","c2"\r\n"a","say ""no""","two\nlines"\r\n');
  });

  it.for(['=1+1', '+8613', '-2', '@SUM(A1)', '\t=1', '  =HYPERLINK("http://x")', '\r=1', '\u00a0=1'])('makes text of %j', (cell) => {
    expect(csv(report(cell))).toContain(`\r\n"'${cell.replaceAll('"', '""')}"\r\n`);
  });

  it('never lets a cell begin as a formula, and its rows can be read back', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: fc.constantFrom(...Array.from('=+-@"\',\n\t\r a1')) }), { minLength: 1, maxLength: 4 }),
        (cells) => {
          const text = csv(report(...cells));
          const [, row = ''] = text.split(/(?<=^\uFEFF[^\r]*)\r\n/);
          const found = [...row.matchAll(/"((?:[^"]|"")*)"(?:,|\r\n$)/g)].map(([, cell = '']) => cell.replaceAll('""', '"'));
          expect(found.map((cell, i) => (cell === cells[i] ? cell : cell.slice(1)))).toEqual(cells);
          for (const cell of found) expect(cell).not.toMatch(/^\s*[=+\-@]/);
        },
      ),
    );
  });
});

describe('HTML', () => {
  it('shows signs as text, has no script, and takes nothing from elsewhere', () => {
    const page = html(report('<script>alert(1)</script>', "' onload=x"));
    expect(page).not.toMatch(/<script|<b>|src=|href=|onload=x"/);
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(page).toContain('&#39; onload=x');
    expect(page).toContain("default-src 'none'");
  });
});

describe('JSON', () => {
  it('names every cell by its column', () => {
    expect(JSON.parse(json(report('a', 'b')))).toEqual({
      report: 'access',
      version: 1,
      language: 'en',
      zone: 'UTC+08:00',
      site: 'demo',
      from: '2026-11-01',
      to: '2026-11-30',
      takenAt: '2026-11-30T15:59:59.999Z',
      rows: [{ c0: 'a', c1: 'b' }],
    });
  });
});
