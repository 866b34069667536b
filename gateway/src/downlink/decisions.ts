/**
 * Approve, reject, roll back: the only way by which something of the cloud takes effect here. Each checks everything again, signature
 * included, and is durable when it resolves; the running gateway notices and acts on it (`in-force.ts`). The caller audits.
 */
import type { KeyObject } from 'node:crypto';
import type { Clock } from '@keepline/contracts/clock';
import {
  type DownlinkEnvelope,
  type DownlinkKind,
  FlowSuggestion,
  judgeDownlink,
  KnowledgeSnapshot,
  SkillsTable,
} from '@keepline/contracts/downlink';
import type { SiteConfig } from '@keepline/contracts/site-config';
import { Value } from 'typebox/value';
import { publishFlow } from '../ivr/flow-store.ts';
import type { Reader, Store, Tx } from '../store/store.ts';
import { DownlinkDecided, DownlinkNothingApplied, DownlinkNotPermitted, DownlinkNotTrusted } from './errors.ts';
import { replaceKnowledge } from './knowledge.ts';
import { checkSuggestedFlow, skillFaults } from './permit.ts';

/** Applied versions kept per kind, to go back to. */
export const HISTORY_PER_KIND = 8;
/** Decisions kept; the audit log has them all. */
const DECISIONS_MAX = 10_000;

export interface DecisionParts {
  readonly store: Pick<Store, 'read' | 'write'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly site: Pick<SiteConfig, 'site' | 'agents' | 'queues' | 'secretHooks'>;
  readonly keys: ReadonlyMap<string, KeyObject>;
}

export type Decision = 'approved' | 'rejected';

/** @returns the envelope when this site's own check passes. @throws DownlinkNotTrusted, DownlinkNotPermitted, FlowInvalid */
export function checkProposal(parts: Omit<DecisionParts, 'store'>, id: string, body: string): DownlinkEnvelope {
  const { site, keys, clock } = parts;
  const verdict = judgeDownlink(Buffer.from(body), site.site, keys, clock.now());
  if (!verdict.ok) throw new DownlinkNotTrusted(id, verdict.why);
  const { envelope } = verdict;
  if (envelope.id !== id) throw new DownlinkNotTrusted(id, 'other_id'); // whoever listed it gave another one
  const { kind, payload } = envelope;
  if (kind === 'flow.suggestion' && Value.Check(FlowSuggestion, payload)) checkSuggestedFlow(payload.flow, id, site);
  if (kind === 'skills.table' && Value.Check(SkillsTable, payload)) {
    const faults = skillFaults(payload, site.agents);
    if (faults.length > 0) throw new DownlinkNotPermitted(id, faults);
  }
  return envelope;
}

/** Brings a proposal into force. @throws DownlinkNotTrusted, DownlinkNotPermitted, DownlinkDecided, FlowInvalid, FlowVersionTaken */
export async function approve(parts: DecisionParts, id: string, body: string, who: string): Promise<DownlinkEnvelope> {
  const { store, clock, site } = parts;
  const envelope = checkProposal(parts, id, body);
  const { kind, version, payload } = envelope;
  if (await decisionOn(store.read, id)) throw new DownlinkDecided(id, 'decided');
  if (kind === 'flow.suggestion' && Value.Check(FlowSuggestion, payload)) {
    // Published first: a version that is taken refuses here, and one that is not yet in force harms nobody.
    await publishFlow(store, clock, checkSuggestedFlow(payload.flow, id, site));
  }
  await store.write(async (tx) => {
    const known = await tx.get<{ highest: number }>('SELECT highest_version AS highest FROM downlink_state WHERE kind = ?', kind);
    if (known && known.highest >= version) throw new DownlinkNotTrusted(id, 'version_old');
    await decide(tx, { id, kind, version }, 'approved', who, '', clock.now());
    await tx.run(
      'INSERT INTO downlink_applied (kind, version, id, envelope, applied_at_ms) VALUES (?, ?, ?, ?, ?)',
      ...[kind, version, id, JSON.stringify(envelope), clock.now()],
    );
    await tx.run('INSERT OR REPLACE INTO downlink_state (kind, current_version, highest_version) VALUES (?, ?, ?)', kind, version, version);
    if (Value.Check(KnowledgeSnapshot, payload) && kind === 'knowledge.snapshot') await replaceKnowledge(tx, payload);
    await trim(tx, kind);
  });
  return envelope;
}

/** Puts a proposal aside for good. @throws DownlinkDecided */
export async function reject(
  parts: Pick<DecisionParts, 'store' | 'clock'>,
  proposal: { readonly id: string; readonly kind: string; readonly version: number },
  who: string,
  reason: string,
): Promise<void> {
  await parts.store.write((tx) => decide(tx, proposal, 'rejected', who, reason, parts.clock.now()));
}

/**
 * Brings the version before the one in force back, or, where there is none, what the site file says.
 * @returns the version in force afterwards; 0 for the site file's. @throws DownlinkNothingApplied
 */
export async function rollBack({ store }: Pick<DecisionParts, 'store'>, kind: DownlinkKind): Promise<number> {
  return await store.write(async (tx) => {
    const state = await tx.get<{ current: number }>('SELECT current_version AS current FROM downlink_state WHERE kind = ?', kind);
    if (!state || state.current === 0) throw new DownlinkNothingApplied(kind);
    const before = await tx.get<{ version: number; envelope: string }>(
      'SELECT version, envelope FROM downlink_applied WHERE kind = ? AND version < ? ORDER BY version DESC LIMIT 1',
      kind,
      state.current,
    );
    const version = before?.version ?? 0;
    await tx.run('UPDATE downlink_state SET current_version = ? WHERE kind = ?', version, kind);
    // Gone for good: going back again must lead further back, never forward to what was just taken away.
    await tx.run('DELETE FROM downlink_applied WHERE kind = ? AND version > ?', kind, version);
    if (kind === 'knowledge.snapshot') await replaceKnowledge(tx, before && snapshotIn(before.envelope));
    return version;
  });
}

export async function decisionOn(reader: Reader, id: string): Promise<{ decision: Decision; who: string; reason: string } | undefined> {
  return await reader.get('SELECT decision, who, reason FROM downlink_decisions WHERE id = ?', id);
}

async function decide(
  tx: Tx,
  { id, kind, version }: { readonly id: string; readonly kind: string; readonly version: number },
  decision: Decision,
  who: string,
  reason: string,
  nowMs: number,
): Promise<void> {
  const before = await tx.get<{ decision: string }>('SELECT decision FROM downlink_decisions WHERE id = ?', id);
  if (before) throw new DownlinkDecided(id, before.decision);
  await tx.run(
    'INSERT INTO downlink_decisions (id, kind, version, decision, who, reason, at_ms) VALUES (?, ?, ?, ?, ?, ?, ?)',
    ...[id, kind, version, decision, who, reason, nowMs],
  );
  await tx.run(
    'DELETE FROM downlink_decisions WHERE id IN (SELECT id FROM downlink_decisions ORDER BY at_ms DESC LIMIT -1 OFFSET ?)',
    DECISIONS_MAX,
  );
}

async function trim(tx: Tx, kind: DownlinkKind): Promise<void> {
  await tx.run(
    `DELETE FROM downlink_applied WHERE kind = ? AND version IN
     (SELECT version FROM downlink_applied WHERE kind = ? ORDER BY version DESC LIMIT -1 OFFSET ?)`,
    ...[kind, kind, HISTORY_PER_KIND],
  );
}

function snapshotIn(envelope: string): KnowledgeSnapshot | undefined {
  const { payload }: DownlinkEnvelope = JSON.parse(envelope); // checked before it was stored
  return Value.Check(KnowledgeSnapshot, payload) ? payload : undefined;
}
