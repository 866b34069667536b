/** The text of one entry in an export: what is left of it once the log itself was pruned. Nothing is trusted: a proof made of it ends at a signed root. */
import { open } from 'node:fs/promises';
import { BUNDLE_LINE_MAX_BYTES, parseBundleLine } from './bundle.ts';
import { AuditFileUnreadable } from './errors.ts';
import { lineBlocks } from './line-blocks.ts';

/** @returns undefined when the export has no such entry @throws AuditFileUnreadable */
export async function lineInExport(path: string, number: number): Promise<Buffer | undefined> {
  const file = await open(path, 'r').catch((cause: unknown) => {
    throw new AuditFileUnreadable(path, cause);
  });
  const head = `${number} `;
  try {
    for await (const { lines } of lineBlocks(file, 0, (await file.stat()).size, BUNDLE_LINE_MAX_BYTES)) {
      const line = lines.find((one) => one.subarray(0, head.length).toString('latin1') === head);
      const found = line && parseBundleLine(line);
      if (found?.is === 'entry') return found.line;
    }
    return undefined;
  } finally {
    await file.close();
  }
}
