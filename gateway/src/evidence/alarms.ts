/** Whether alarms reach somebody: what the webhook took, and how far the SIEMs are, from the database and the cursors. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AlarmFact } from '@keepline/compliance/mlps-facts';
import type { SiteConfig } from '@keepline/contracts/site-config';
import type { Reader } from '../store/connection.ts';

/** A webhook that has not taken an alarm after so long is overdue, ms. */
const OVERDUE_MS = 600_000;

export async function alarmFacts(
  read: Reader,
  auditDir: string,
  { alarms, siem }: Pick<SiteConfig, 'alarms' | 'siem'>,
  nowMs: number,
): Promise<AlarmFact> {
  const [row] = await read.all<{ raised: number; standing: number; receipts: number; overdue: number }>(
    `SELECT count(*) AS raised, count(*) FILTER (WHERE cleared_at_ms IS NULL) AS standing,
      count(raise_told_ms) AS receipts, count(*) FILTER (WHERE raise_told_ms IS NULL AND raised_at_ms < ?) AS overdue FROM alarms`,
    nowMs - OVERDUE_MS,
  );
  const cursors = await Promise.all(
    siem.targets.map(async ({ name }) => Number(await readFile(join(auditDir, 'siem', `${name}.cursor`), 'utf8').catch(() => '0'))),
  );
  const hasWebhook = alarms.webhook !== '';
  const newest = await newestSize(auditDir);
  return {
    ...{ raised: row?.raised ?? 0, standing: row?.standing ?? 0, receipts: row?.receipts ?? 0 },
    ...{ hasWebhook, overdue: hasWebhook ? (row?.overdue ?? 0) : 0, siemTargets: siem.targets.length },
    siemBehind: cursors.length === 0 ? 0 : Math.max(0, newest - Math.min(...cursors)),
  };
}

/** Entries under the newest checkpoint; the file grows by a line of some hundred bytes each. */
async function newestSize(auditDir: string): Promise<number> {
  const last = (await readFile(join(auditDir, 'checkpoints.jsonl'), 'utf8').catch(() => '')).trimEnd().split('\n').at(-1) ?? '';
  const note: unknown = last === '' ? '' : JSON.parse(last);
  return typeof note === 'string' ? Number(note.split('\n')[1] ?? 0) : 0;
}
