/**
 * Law 5 in production: each minute the ledger is compared with the calls that agents answered and the talks in them; every violation is an alarm in the log and
 * in the health of the site, once.
 */
import type { Clock } from '@keepline/contracts/clock';
import type { CallId } from '@keepline/contracts/ids';
import { schedule } from 'node-cron';
import { checkLedger, type LedgerFault } from '../recording/ledger-check.ts';
import { readLedger } from '../recording/ledger.ts';
import { readTalks } from '../recording/talks.ts';
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
  const look = async (nowMs: number): Promise<readonly LedgerFault[]> => {
    const sinceMs = nowMs - LOOK_BACK_MS;
    const answered = await parts.store.read.all<{ callId: CallId; endedAtMs: number | null }>(
      'SELECT id AS callId, ended_at_ms AS endedAtMs FROM calls WHERE connected_at_ms >= ?',
      sinceMs,
    );
    // A row is older than the connection by a moment at most; rows of calls before the window would look stray.
    const { rows, reasons } = await readLedger(parts.store.read, sinceMs);
    return checkLedger(answered, rows, reasons, await readTalks(parts.store.read, sinceMs), nowMs).faults;
  };
  const check = async (): Promise<void> => {
    const nowMs = parts.clock.now();
    const first = await look(nowMs);
    // A call answered between two of the reads looks like a fault once, and not again.
    const again = first.length === 0 ? new Set<string>() : new Set((await look(nowMs)).map(nameOf));
    const known = new Set(faults.map(nameOf));
    faults = first.filter((fault) => again.has(nameOf(fault)));
    for (const fault of faults) if (!known.has(nameOf(fault))) parts.alarm(fault);
  };
  const task = schedule('* * * * *', () => check().catch(parts.onFault), { noOverlap: true });
  return { faults: () => faults, check, stop: () => void task.stop() };
}

const nameOf = (fault: LedgerFault): string => [fault.fault, fault.callId, 'talkId' in fault ? fault.talkId : ''].join(' ');
