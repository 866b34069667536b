/**
 * The state of the parts for `GET /api/health`, pure: what still works, what is degraded, what is down. A cloud that is away is no fault of
 * the site. No personal data: anybody on the network may read it.
 */
import type { LinkStatus } from '@keepline/contracts/link';
import type { Health, PartState } from '../api/api-parts.ts';
import type { ExportStatus } from '../events/export-to-cloud.ts';

export interface Looked {
  readonly voice: { readonly recorder: { accepting(): { readonly ok: boolean } }; readonly overload: { takesCalls(): boolean } };
  readonly cloudSync: { status(): LinkStatus };
  readonly exporter: { status(): ExportStatus };
  readonly ledger: { faults(): readonly unknown[] };
  /** Trunks that are watched; none yet while the house is still opening. */
  readonly trunks: ReadonlyArray<{ readonly name: string; readonly health: 'unknown' | 'up' | 'down' }>;
}

export function healthOf({ voice, cloudSync, exporter, ledger, trunks }: Looked): Health {
  const parts: Record<string, PartState> = {
    recorder: voice.recorder.accepting().ok ? 'ok' : 'down',
    calls: voice.overload.takesCalls() ? 'ok' : 'degraded',
    ledger: ledger.faults().length === 0 ? 'ok' : 'degraded',
    export: ['halted', 'stalled'].includes(exporter.status().state) ? 'degraded' : 'ok',
    cloudLink: cloudSync.status().state === 'up' ? 'ok' : 'degraded',
  };
  for (const { name, health } of trunks) parts[`trunk ${name}`] = health === 'down' ? 'down' : 'ok';
  // Without recording no call is taken; everything else lets callers through.
  const status: PartState =
    parts['recorder'] === 'down'
      ? 'down'
      : parts['calls'] === 'ok' && parts['ledger'] === 'ok' && parts['export'] === 'ok' && trunks.every(({ health }) => health !== 'down')
        ? 'ok'
        : 'degraded';
  return { status, parts };
}
