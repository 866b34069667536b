/** The newest entries of a log, for people. */
import { EntryReader } from './entry-reader.ts';

/** What is shown of an entry; the fields are those of `StoredEntry`. */
export type ListedEntry = { readonly number: number } & Readonly<Record<string, unknown>>;

export interface ListWish {
  /** At most so many, the newest ones. */
  readonly limit: number;
  /** Only entries with exactly these. */
  readonly act?: string;
  readonly who?: string;
  /** Only entries with a smaller number. */
  readonly before?: number;
  /** Entries looked at, the newest; all of them where it is not given. */
  readonly lookAtMost?: number;
}

/** @returns in the order of the log @throws AuditDamaged, AuditLogAbsent */
export async function listEntries(dir: string, { limit, act, who, before, lookAtMost = Infinity }: ListWish): Promise<ListedEntry[]> {
  const wanted = Object.entries({ act, who }).filter(([, value]) => value !== undefined);
  // what a line holds as it stands: only those are parsed, which is what a search through many costs
  const texts = wanted.map(([name, value]) => `"${name}":${JSON.stringify(value)}`);
  const reader = await EntryReader.open(dir);
  const found: ListedEntry[] = [];
  const to = Math.min(before ?? reader.size, reader.size);
  const stopAt = to - lookAtMost;
  try {
    for await (const block of reader.backwards(to)) {
      for (const { number, line } of block.toReversed()) {
        if (number < stopAt) return found.reverse();
        if (!texts.every((text) => line.includes(text))) continue;
        const entry: unknown = JSON.parse(line.toString('utf8'));
        if (typeof entry !== 'object' || entry === null) continue;
        const fields: Readonly<Record<string, unknown>> = { ...entry };
        if (!wanted.every(([name, value]) => fields[name] === value)) continue; // the text may have stood in a purpose
        found.push({ number, ...fields });
        if (found.length === limit) return found.reverse();
      }
    }
  } finally {
    await reader.close();
  }
  return found.reverse();
}
