/**
 * Which form each kind of file in a data folder has, as numbers in `data-format.json`. A version that finds a higher number than it knows would
 * read the file wrongly or write over it, so it does not start. The tables of main.db count their own steps (migrations.ts).
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DataFormatNewer, DataFormatUnreadable } from './errors.ts';

/** What this version writes. A change that a former version cannot read raises the number of its kind. */
export const DATA_FORMATS = { audit: 1, downlink: 1, keys: 1, layout: 1, outbox: 1, policy: 1, recordings: 1 } as const;

export const DATA_FORMAT_FILE = 'data-format.json';

/** @param found as in the file @throws DataFormatNewer, DataFormatUnreadable */
export function judgeFormats(found: Readonly<Record<string, unknown>>, known: Readonly<Record<string, number>>): void {
  for (const [kind, version] of Object.entries(found)) {
    if (typeof version !== 'number' || !Number.isInteger(version)) throw new DataFormatUnreadable(kind);
    const ours = known[kind] ?? 0; // a kind we do not know is one of a later version
    if (version > ours) throw new DataFormatNewer(kind, version, ours);
  }
}

/** Compares the folder with what we know, and writes down what we write; before anything in it is opened. @throws DataFormatNewer, DataFormatUnreadable */
export function claimDataFormat(data: string): void {
  const path = join(data, DATA_FORMAT_FILE);
  const wanted = `${JSON.stringify(DATA_FORMATS)}\n`;
  if (existsSync(path)) {
    const text = readFileSync(path, 'utf8');
    judgeFormats(parsed(text), DATA_FORMATS);
    if (text === wanted) return;
  }
  writeFileSync(`${path}.new`, wanted, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const found: unknown = JSON.parse(text);
    if (typeof found === 'object' && found !== null) return { ...found };
  } catch {
    // the same fault as something that is no object
  }
  throw new DataFormatUnreadable('the file');
}
