/** The figures of `cloud-sync` that people look at: the balance of the egress ledger and the last changes of the link. */
import { isLinkCondition, type LinkChange } from '@keepline/contracts/link';
import { EgressFigures, LinkState, type ReconcileReply } from '@keepline/contracts/workbench';
import { Type, type TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { askCloudSync } from './ask-cloud-sync.ts';
import { CloudSyncUnreachable } from './errors.ts';

/** 256 changes of the link are near 40 KiB. */
const REPLY_MAX_BYTES = 262_144;
/** Two dozen lines. */
const METRICS_MAX_BYTES = 16_384;

const Counted = Type.Omit(EgressFigures, ['unaccounted']);
const Reconciled = Type.Object({
  verdict: Type.Enum(['balanced', 'unbalanced', 'one_sided'] as const),
  counts: Counted,
  unaccounted: Type.Integer(),
  stream: Type.Union([Type.Integer(), Type.Null()]),
  difference: Type.Union([Type.Integer(), Type.Null()]),
});
const Timeline = Type.Array(
  Type.Object({ atMs: Type.Number(), from: LinkState, to: LinkState, why: Type.String(), silentMs: Type.Number() }),
);

/** @throws CloudSyncUnreachable */
export async function readFigures(socketPath: string): Promise<EgressFigures> {
  const { produced, delivered, expired, quarantined, waiting, unaccounted } = await ask(socketPath, '/counts', EgressFigures);
  return { produced, delivered, expired, quarantined, waiting, unaccounted };
}

/** Both ends compared, as `./keepline cloud reconcile` does. @throws CloudSyncUnreachable */
export async function reconcileNow(socketPath: string): Promise<ReconcileReply> {
  const { verdict, counts, unaccounted, stream, difference } = await ask(socketPath, '/reconcile', Reconciled);
  const { produced, delivered, expired, quarantined, waiting } = counts;
  return { verdict, figures: { produced, delivered, expired, quarantined, waiting, unaccounted }, stream, difference };
}

/** The last changes of the link, the newest first. @throws CloudSyncUnreachable */
export async function readChanges(socketPath: string, limit: number): Promise<readonly LinkChange[]> {
  const changes = await ask(socketPath, '/link/timeline', Timeline);
  return changes
    .slice(-limit)
    .toReversed()
    .map((change) => {
      const { atMs, from, to, why, silentMs } = change;
      const condition: unknown = 'condition' in change ? change.condition : undefined;
      return { atMs, from, to, why, silentMs, ...(isLinkCondition(condition) ? { condition } : {}) };
    });
}

/** Lines of figures and their comments, of the relay alone: whatever else is answered there has no place among the figures of the site. */
const RELAY_METRICS = /^(?:(?:# (?:HELP|TYPE) )?keepline_relay_[a-z_]+ [^\n]*\n)*$/;

/** What the relay tells Prometheus of itself; '' while `cloud-sync` does not answer: its absence is an alarm of its own. */
export async function readRelayMetrics(socketPath: string): Promise<string> {
  const { status, text } = await askCloudSync(socketPath, '/metrics', METRICS_MAX_BYTES).catch(() => ({ status: 0, text: '' }));
  return status === 200 && RELAY_METRICS.test(text) ? text : '';
}

async function ask<S extends TSchema>(socketPath: string, path: string, schema: S) {
  const { status, text } = await askCloudSync(socketPath, path, REPLY_MAX_BYTES);
  try {
    const value: unknown = JSON.parse(text);
    if (status === 200 && Value.Check(schema, value)) return value;
  } catch {
    // told below
  }
  throw new CloudSyncUnreachable(socketPath, new Error(`the reply to ${path} is not as agreed (HTTP ${status})`));
}
