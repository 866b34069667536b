/**
 * The state of the parts for `GET /api/health`, pure: what still works, what is degraded, what is down. A cloud that is away is no fault of
 * the site. No personal data: anybody on the network may read it.
 */
import type { AlarmView } from '@keepline/contracts/alarms';
import type { LinkStatus } from '@keepline/contracts/link';
import type { Health, PartState } from '../api/api-parts.ts';
import type { ExportStatus } from '../events/export-to-cloud.ts';

export interface Looked {
  readonly voice: { readonly recorder: { accepting(): { readonly ok: boolean } }; readonly overload: { takesCalls(): boolean } };
  readonly cloudSync: { status(): LinkStatus };
  readonly exporter: { status(): ExportStatus };
  readonly alarms: { standing(): readonly Pick<AlarmView, 'code'>[] };
  readonly ledger: { faults(): readonly unknown[] };
  /** Trunks that are watched; none yet while the house is still opening. */
  readonly trunks: ReadonlyArray<{ readonly name: string; readonly health: 'unknown' | 'up' | 'down' }>;
}

/** The log is not the one it was: acts that must be recorded cannot be trusted to be. */
const BROKEN_LOG: ReadonlySet<string> = new Set(['AUDIT_FORKED', 'AUDIT_DAMAGED']);

export function healthOf({ voice, cloudSync, exporter, alarms, ledger, trunks }: Looked): Health {
  const standing = [...new Set(alarms.standing().map(({ code }) => code))].toSorted();
  const parts: Record<string, PartState> = {
    recorder: voice.recorder.accepting().ok ? 'ok' : 'down',
    calls: voice.overload.takesCalls() ? 'ok' : 'degraded',
    ledger: ledger.faults().length === 0 ? 'ok' : 'degraded',
    export: ['halted', 'stalled'].includes(exporter.status().state) ? 'degraded' : 'ok',
    audit: standing.some((code) => BROKEN_LOG.has(code)) ? 'down' : 'ok',
    cloudLink: cloudSync.status().state === 'up' ? 'ok' : 'degraded',
  };
  for (const { name, health } of trunks) parts[`trunk ${name}`] = health === 'down' ? 'down' : 'ok';
  // Without recording no call is taken; everything else lets callers through.
  const status: PartState =
    parts['recorder'] === 'down'
      ? 'down'
      : parts['audit'] === 'ok' &&
          parts['calls'] === 'ok' &&
          parts['ledger'] === 'ok' &&
          parts['export'] === 'ok' &&
          trunks.every(({ health }) => health !== 'down')
        ? 'ok'
        : 'degraded';
  return { status, parts, alarms: standing };
}
