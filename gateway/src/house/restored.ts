/** A data folder that came from a backup says so in its audit log at its first start, before anything else is written there by this run. */
import type { Clock } from '@keepline/contracts/clock';
import { newId } from '@keepline/contracts/ids';
import { audited } from '../audit/audited.ts';
import { forgetRestored, restoredMark } from '../store/restored-mark.ts';

/** Killed in between, it is told twice rather than never. */
export async function tellRestore(data: string, log: Parameters<typeof audited>[0], clock: Pick<Clock, 'now'>): Promise<void> {
  const mark = restoredMark(data);
  if (!mark) return;
  const { id, who, role, from, at } = mark;
  const context = { who, role, from, object: `backup:${id}`, purpose: `put back ${at}`, correlation: newId('act', clock.now()) };
  await audited(log, 'backup.restore', context, async () => {});
  forgetRestored(data);
}
