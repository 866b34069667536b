/** A log of a few entries with checkpoints between them, for tests that break it. */
import { AuditLog } from '../audit-log.ts';
import type { AuditEntry } from '../entry.ts';
import type { NoteSigner } from '../../tlog/signed-note.ts';
import type { Clock } from '@keepline/contracts/clock';

export const sampleEntry = (correlation: string): AuditEntry => ({
  act: 'recording.export',
  who: 'agent1',
  role: 'supervisor',
  from: '10.0.0.7',
  object: 'rec-1',
  purpose: '投诉',
  outcome: 'intent',
  correlation,
});

/** Entries c0, c1, …; a checkpoint behind each group. @param groups sizes */
export async function smallLog(dir: string, signer: NoteSigner, clock: Clock, groups: readonly number[]): Promise<void> {
  let number = 0;
  for (const count of groups) {
    const log = await AuditLog.open({
      dir,
      signer,
      clock,
      source: '0000beef', // the same entries make the same log
      onFault: (fault) => {
        throw fault;
      },
    });
    for (let i = 0; i < count; i++) await log.append(sampleEntry(`c${number++}`));
    await log.close();
  }
}
