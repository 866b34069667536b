/**
 * Law 5 in production: each minute the ledger is compared with the calls that agents answered; every violation is an alarm in the log and
 * in the health of the site, once.
 */
import type { Clock } from '@keepline/contracts/clock';
import type { CallId } from '@keepline/contracts/ids';
import { schedule } from 'node-cron';
import { checkLedger, type LedgerFault } from '../recording/ledger-check.ts';
import { readLedger } from '../recording/ledger.ts';
import type { Store } from '../store/store.ts';

/** How far back a check looks, ms: longer than any call lasts, so no row escapes between two checks. */
const LOOK_BACK_MS = 24 * 3_600_000;

export interface LedgerWatch {
  /** Violations found by the last check. */
  faults(): readonly LedgerFault[];
  check(): Promise<void>;
  stop(): void;
}

export function watchLedger(parts: {
  readonly store: Store;
  readonly clock: Clock;
  readonly alarm: (fault: LedgerFault) => void;
  readonly onFault: (fault: unknown) => void;
}): LedgerWatch {
  let faults: readonly LedgerFault[] = [];
  const check = async (): Promise<void> => {
    const nowMs = parts.clock.now();
    const sinceMs = nowMs - LOOK_BACK_MS;
    const answered = await parts.store.read.all<{ callId: CallId; endedAtMs: number | null }>(
      'SELECT id AS callId, ended_at_ms AS endedAtMs FROM calls WHERE connected_at_ms >= ?',
      sinceMs,
    );
    // A row is older than the connection by a moment at most; rows of calls before the window would look stray.
    const { rows, reasons } = await readLedger(parts.store.read, sinceMs);
    const known = new Set(faults.map((fault) => `${fault.fault} ${fault.callId}`));
    faults = checkLedger(answered, rows, reasons, nowMs).faults;
    for (const fault of faults) if (!known.has(`${fault.fault} ${fault.callId}`)) parts.alarm(fault);
  };
  const task = schedule('* * * * *', () => check().catch(parts.onFault), { noOverlap: true });
  return { faults: () => faults, check, stop: () => void task.stop() };
}
