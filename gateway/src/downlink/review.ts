/** What a person sees before deciding on a proposal: all that wait, and one of them against what is in force. Reads only. */
import {
  DOWNLINK_KINDS,
  type DownlinkEnvelope,
  type DownlinkKind,
  FlowSuggestion,
  KnowledgeSnapshot,
  SkillsTable,
} from '@keepline/contracts/downlink';
import type { Flow } from '@keepline/contracts/flow';
import type { DownlinkView, ProposalReview } from '@keepline/contracts/workbench';
import { Value } from 'typebox/value';
import { listProposals, readProposal } from './cloud-proposals.ts';
import { checkProposal, decisionOn, type DecisionParts } from './decisions.ts';
import { changesBetween, type Layout, layoutOfFlow, layoutOfKnowledge, layoutOfSkills } from './difference.ts';
import { envelopeInForce } from './in-force.ts';
import { checkSuggestedFlow } from './permit.ts';

export interface ReviewParts extends DecisionParts {
  readonly socketPath: string;
  /** Rules where no proposal does. */
  readonly siteFlow: Flow;
}

/** @throws CloudSyncUnreachable */
export async function listForReview({ store, socketPath }: Pick<ReviewParts, 'store' | 'socketPath'>): Promise<DownlinkView> {
  const { proposals, refused } = await listProposals(socketPath);
  const states = await store.read.all<{ kind: string; version: number }>('SELECT kind, current_version AS version FROM downlink_state');
  const rows = await Promise.all(
    proposals.map(async ({ id, kind, version, key, receivedMs, bytes }) => {
      const { decision, who, reason } = (await decisionOn(store.read, id)) ?? { decision: 'waiting' as const, who: '', reason: '' };
      return { id, kind, version, key, receivedMs, bytes, decision, who, reason };
    }),
  );
  return {
    proposals: rows.toSorted((a, b) => b.receivedMs - a.receivedMs),
    inForce: DOWNLINK_KINDS.map((kind) => ({ kind, version: states.find((state) => state.kind === kind)?.version ?? 0 })),
    refused,
  };
}

/** @throws CloudSyncUnreachable, DownlinkUnknown, DownlinkNotTrusted, DownlinkNotPermitted, FlowInvalid */
export async function reviewOf(parts: ReviewParts, id: string): Promise<ProposalReview> {
  const envelope = checkProposal(parts, id, await readProposal(parts.socketPath, id));
  const { kind, version, notAfterMs, payload } = envelope;
  const before = layoutOf(parts, kind, await envelopeInForce(parts.store.read, kind));
  const { changes, more } = changesBetween(before, layoutOf(parts, kind, envelope));
  const reason = Value.Check(FlowSuggestion, payload) || Value.Check(SkillsTable, payload) ? payload.reason : '';
  return { id, kind, version, notAfterMs, reason, changes: [...changes], more };
}

function layoutOf({ site, siteFlow }: ReviewParts, kind: DownlinkKind, envelope: DownlinkEnvelope | undefined): Layout {
  const payload = envelope?.payload;
  switch (kind) {
    case 'flow.suggestion':
      return layoutOfFlow(
        envelope && Value.Check(FlowSuggestion, payload) ? checkSuggestedFlow(payload.flow, envelope.id, site) : siteFlow,
      );
    case 'skills.table':
      return layoutOfSkills(Value.Check(SkillsTable, payload) ? payload : undefined, site.agents);
    case 'knowledge.snapshot':
      return layoutOfKnowledge(Value.Check(KnowledgeSnapshot, payload) ? payload : undefined);
  }
}
