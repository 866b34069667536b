/** Keeps docs/field-faults.md true: every test it names is in the file it names, and is not skipped. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from './source-files.ts';

const rows = readFileSync(join(ROOT, 'docs/field-faults.md'), 'utf8')
  .split('\n')
  .flatMap((line) => {
    const [, fault = '', file = '', title = ''] = /^\| ([^|]+) \| \[`([^`]+)`\]\([^)]+\) \| (.+) \|$/.exec(line) ?? [];
    return file === '' ? [] : [{ fault, file, title }];
  });

/** The text of a file as its strings read: an escaped quote is the quote. */
const spoken = (file: string): string => readFileSync(join(ROOT, file), 'utf8').replaceAll(/\\(['"`])/g, '$1');

describe('docs/field-faults.md', () => {
  it('names tests that exist', () => {
    const gone = rows.filter(({ file, title }) => !existsSync(join(ROOT, file)) || !spoken(file).includes(title));
    expect(gone).toEqual([]);
    expect(rows.length).toBeGreaterThan(35); // else the pattern no longer matches how the table is written
  });

  it('names none that is skipped or only planned', () => {
    const idle = rows.filter(({ file, title }) => {
      const text = spoken(file);
      return /\b(it|describe)\.(skip|todo)\b[^\n]*$/.test(text.slice(Math.max(0, text.indexOf(title) - 120), text.indexOf(title)));
    });
    expect(idle).toEqual([]);
  });

  it('says each fault once', () => {
    const faults = rows.map(({ fault }) => fault);
    expect(faults.filter((fault, i) => faults.indexOf(fault) !== i)).toEqual([]);
  });
});
