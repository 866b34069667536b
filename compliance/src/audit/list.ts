/** The newest entries of a log, for people. */
import { EntryReader } from './entry-reader.ts';

/** What is shown of an entry; the fields are those of `StoredEntry`. */
export type ListedEntry = { readonly number: number } & Readonly<Record<string, unknown>>;

/** @param limit at most so many, the newest ones @param act only these @returns in the order of the log @throws AuditDamaged, AuditLogAbsent */
export async function listEntries(dir: string, { limit, act }: { readonly limit: number; readonly act?: string }): Promise<ListedEntry[]> {
  const reader = await EntryReader.open(dir);
  const found: ListedEntry[] = [];
  try {
    for await (const block of reader.backwards()) {
      for (const { number, line } of block.toReversed()) {
        const entry: unknown = JSON.parse(line.toString('utf8'));
        if (typeof entry !== 'object' || entry === null || (act !== undefined && !('act' in entry && entry.act === act))) continue;
        found.push({ number, ...entry });
        if (found.length === limit) return found.reverse();
      }
    }
  } finally {
    await reader.close();
  }
  return found.reverse();
}
