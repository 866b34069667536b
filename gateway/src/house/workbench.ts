/** Behind the pages of the workbench: reads link, ledger, policy and proposals where they are kept, and decides on proposals as the console does. */
import { join } from 'node:path';
import { EgressLedger } from '@keepline/cloud-sync/egress-ledger';
import { reportText } from '@keepline/cloud-sync/egress-report';
import { policyHistory } from '@keepline/compliance/policy';
import { omissionsOf } from '@keepline/compliance/policy-document';
import { systemClock as clock } from '@keepline/contracts/clock';
import { pinnedKeys } from '@keepline/contracts/downlink';
import type { Flow } from '@keepline/contracts/flow';
import type { LinkStatus } from '@keepline/contracts/link';
import type { CloudView, PolicyView } from '@keepline/contracts/workbench';
import type { WorkbenchParts } from '../api/workbench-parts.ts';
import { lastDrill } from '../cloud-link/drill-shelf.ts';
import { readChanges, readFigures, reconcileNow } from '../cloud-link/figures.ts';
import { listProposals, readProposal } from '../downlink/cloud-proposals.ts';
import { approve, reject, rollBack } from '../downlink/decisions.ts';
import { DownlinkUnknown } from '../downlink/errors.ts';
import { listForReview, reviewOf, type ReviewParts } from '../downlink/review.ts';
import type { Ground } from './ground.ts';

/** Changes of the link, policies and kinds of refusals that are shown. */
const CHANGES_SHOWN = 20;
const HISTORY_SHOWN = 50;
const REFUSALS_SHOWN = 100;

export type WorkbenchGround = Pick<Ground, 'site' | 'data' | 'keys' | 'audited' | 'store' | 'policy' | 'onFault'>;
export interface Workbench {
  readonly parts: WorkbenchParts;
  close(): Promise<void>;
}

/** @throws OutboxUnusable */
export async function openWorkbench(ground: WorkbenchGround, siteFlow: Flow, link: { status(): LinkStatus }): Promise<Workbench> {
  const { site, data, store, policy, onFault } = ground;
  const socketPath = join(data, 'run/cloud-sync.sock');
  const ledger = await EgressLedger.open(join(data, 'outbox.db'));
  const downlink: ReviewParts = { store, clock, site, keys: pinnedKeys(site.downlink.keys), socketPath, siteFlow };
  return {
    parts: {
      audited: ground.audited,
      cloud: () => cloudView(ground, socketPath, link.status()),
      reconcile: () => reconcileNow(socketPath),
      egress: (from, to) => ledger.days(from, to),
      egressReport: async (from, to) => reportText('csv', await ledger.days(from, to), { site: site.site, from, to }),
      policy: async () => ({ ...policyView(policy.current(), data), refusals: await refusalsIn(store) }),
      proposals: () => listForReview(downlink),
      review: (id) => reviewOf(downlink, id),
      async approve(id, who) {
        await approve(downlink, id, await readProposal(socketPath, id), who);
      },
      async reject(id, who, reason) {
        const row = (await listProposals(socketPath)).proposals.find((proposal) => proposal.id === id);
        if (!row) throw new DownlinkUnknown(id);
        await reject(downlink, row, who, reason);
      },
      rollBack: (kind) => rollBack(downlink, kind),
    },
    close: () => ledger.close(),
  };

  async function cloudView({ keys }: WorkbenchGround, socket: string, status: LinkStatus): Promise<CloudView> {
    const { state, sinceMs, why, condition = null, backlog, oldestUnsentMs } = status;
    // Neither a process that is away nor a damaged report keeps the rest of the page from its reader.
    const [figures, changes, drill] = await Promise.all([
      readFigures(socket).catch(() => null),
      readChanges(socket, CHANGES_SHOWN).catch(() => []),
      lastDrill(data, keys.auditSigner().verifierKey).catch((fault: unknown) => {
        onFault(fault);
        return undefined;
      }),
    ]);
    return {
      link: { state, sinceMs, why, condition, backlog, oldestUnsentMs },
      figures,
      changes: changes.map((change) => ({ ...change, condition: change.condition ?? null })),
      drill: drill
        ? {
            cutAtMs: Date.parse(drill.cutAt),
            seconds: drill.actualSeconds,
            passed: drill.passed,
            detectedMs: drill.link.detectedMs,
            callsOffered: drill.calls.offered,
            callsLost: drill.calls.lost,
          }
        : null,
    };
  }
}

function policyView({ document, hash, source }: ReturnType<Ground['policy']['current']>, data: string): Omit<PolicyView, 'refusals'> {
  return {
    ...{ version: document.version, note: document.note, hash, source },
    fields: Object.entries(document.events).flatMap(([type, fields]) =>
      Object.entries(fields).map(([field, { class: level, leaves }]) => ({ type, field, class: level, leaves })),
    ),
    omitted: omissionsOf(document),
    history: policyHistory(data)
      .slice(-HISTORY_SHOWN)
      .toReversed()
      .map((one) => ({
        ...{ version: one.document.version, hash: one.hash, installedMs: one.installedMs, note: one.document.note },
        isInForce: one.hash === hash,
      })),
  };
}

function refusalsIn(store: Pick<Ground['store'], 'read'>): Promise<PolicyView['refusals']> {
  return store.read.all(
    `SELECT type, code, count(*) AS count, max(refused_at_ms) AS lastMs FROM event_refusals
     GROUP BY type, code ORDER BY lastMs DESC LIMIT ?`,
    REFUSALS_SHOWN,
  );
}
