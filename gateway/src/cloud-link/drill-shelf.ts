/**
 * The reports of the last drills in the data folder of the site, so that the workbench can say when the link was last rehearsed, and how it went.
 * The copy the operator asked for is theirs; this one is the site's. Only a report whose signature is good is believed.
 */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openNote, verifierFrom } from '@keepline/compliance/note';
import { type DrillReport, readReport } from './drill-report.ts';

/** Of the data folder. */
const FOLDER = 'drills';
/** Reports kept; the oldest goes first. */
export const DRILLS_KEPT = 50;
const NAME = /^drill-[\dTZ-]+\.note$/;

/** Keeps a signed report under the moment of the cut (RFC 3339, UTC). */
export async function keepDrill(data: string, cutAt: string, note: string): Promise<void> {
  const folder = join(data, FOLDER);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(join(folder, `drill-${cutAt.replaceAll(/[:.]/g, '-')}.note`), note, { mode: 0o600 });
  const names = await namesIn(folder);
  for (const name of names.slice(0, -DRILLS_KEPT)) await rm(join(folder, name), { force: true });
}

/**
 * The newest report; undefined when the link was never rehearsed.
 * @param verifierKey public half of the audit key. @throws what `openNote` and `readReport` do for a report that was changed
 */
export async function lastDrill(data: string, verifierKey: string): Promise<DrillReport | undefined> {
  const folder = join(data, FOLDER);
  const newest = (await namesIn(folder)).at(-1);
  if (newest === undefined) return undefined;
  return readReport(openNote(await readFile(join(folder, newest), 'utf8'), verifierFrom(verifierKey)));
}

/** In the order of time, which is that of the names. */
async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => NAME.test(name)).toSorted();
  } catch (fault) {
    if (fault instanceof Error && 'code' in fault && fault.code === 'ENOENT') return [];
    throw fault;
  }
}
