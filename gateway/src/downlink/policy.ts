/**
 * Applies without a person what the site's policy allows (`downlink.autoApply`), each as an audited act of the gateway. A proposal that
 * does not pass is rejected, so that it is not tried for ever.
 */
import type { Clock } from '@keepline/contracts/clock';
import { KeeplineError, messageOf } from '@keepline/contracts/errors';
import type { ProposalRow } from '@keepline/contracts/downlink-proposal';
import type { SiteConfig } from '@keepline/contracts/site-config';
import { listProposals, readProposal } from './cloud-proposals.ts';
import { approve, decisionOn, type DecisionParts, reject } from './decisions.ts';

const LOOK_MS = 10_000;

export interface PolicyOptions extends DecisionParts {
  readonly kinds: SiteConfig['downlink']['autoApply'];
  readonly clock: Pick<Clock, 'now' | 'every'>;
  readonly socketPath: string;
  readonly audited: (act: 'downlink.approve' | 'downlink.reject', object: string, run: () => Promise<void>) => Promise<void>;
  readonly onFault: (fault: unknown) => void;
}

/** @returns what ends it; nothing runs where no kind is allowed */
export function applyByPolicy(options: PolicyOptions): () => void {
  if (options.kinds.length === 0) return () => {};
  let busy = false;
  return options.clock.every(LOOK_MS, () => {
    if (busy) return;
    busy = true;
    applyOnce(options)
      .catch((fault: unknown) => {
        // cloud-sync may be away for long; the link's state says so already.
        if (!(fault instanceof KeeplineError && fault.code === 'CLOUD_SYNC_UNREACHABLE')) options.onFault(fault);
      })
      .finally(() => (busy = false));
  });
}

/** One look: the newest undecided proposal of each allowed kind. */
export async function applyOnce(options: PolicyOptions): Promise<void> {
  const { proposals } = await listProposals(options.socketPath);
  for (const kind of options.kinds) {
    const newest = proposals.filter((row) => row.kind === kind).toSorted((a, b) => b.version - a.version)[0];
    if (newest && !(await decisionOn(options.store.read, newest.id))) await applyOne(options, newest);
  }
}

async function applyOne(options: PolicyOptions, row: ProposalRow): Promise<void> {
  const body = await readProposal(options.socketPath, row.id);
  try {
    await options.audited('downlink.approve', row.id, async () => void (await approve(options, row.id, body, 'gateway')));
  } catch (fault) {
    options.onFault(fault);
    if (!(fault instanceof KeeplineError) || !/^(DOWNLINK|FLOW)_/.test(fault.code)) return; // of the site, not of the proposal: tried again
    await options.audited('downlink.reject', row.id, () =>
      reject(options, row, 'gateway', `${fault.code}: ${messageOf(fault)}`.slice(0, 256)),
    );
  }
}
