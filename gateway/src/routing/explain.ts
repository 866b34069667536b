/**
 * The explain trace of one routing decision, pure: what was known, what the local rules would have done, what was asked and came
 * back, what was decided. Stored with the call and shown to supervisors; holds no personal data of the caller.
 */
import type { AdviceReason } from '@keepline/contracts/advice';
import type { RoutedBecause } from '@keepline/contracts/agent-protocol';
import type { AdviceOutcome } from '@keepline/contracts/events';
import type { AgentId, CallId, DecisionId } from '@keepline/contracts/ids';
import { type ReadyAgent, ranking, type WaitingCall } from './match.ts';

/** Agents listed in a trace; a site of thousands would otherwise fill the disk with rankings. */
const TRACE_AGENTS_MAX = 10;

/** What the cloud was asked, before it was anonymised for the way. */
export interface AdviceAsked {
  readonly queue: string;
  readonly skill: string;
  readonly readySkills: readonly string[];
  readonly waiting: number;
  /** Wall time of the question, ms since 1970; what came back came `tookMs` later. */
  readonly atMs: number;
}
export interface AdviceTaken {
  /** null when nothing was asked. */
  readonly asked: AdviceAsked | null;
  readonly outcome: AdviceOutcome;
  readonly skill: string;
  /** null without an answer. */
  readonly reason: AdviceReason | null;
  readonly tookMs: number;
}
export interface Explained {
  readonly decisionId: DecisionId;
  readonly callId: CallId;
  readonly timeMs: number;
  readonly queue: string;
  readonly skill: string;
  readonly waitedMs: number;
  readonly localRanking: ReadonlyArray<{ readonly agentId: AgentId; readonly skills: readonly string[]; readonly idleMs: number }>;
  readonly advice: AdviceTaken;
  readonly agentId: AgentId;
  readonly adviceUsed: boolean;
  /** How long the decision was held back for advice, ms. */
  readonly delayMs: number;
  /** For the agent's screen. */
  readonly because: RoutedBecause;
}

export function explain(
  decisionId: DecisionId,
  call: WaitingCall,
  agents: readonly ReadyAgent[],
  chosen: ReadyAgent,
  advice: AdviceTaken,
  times: { readonly nowMs: number; readonly delayMs: number },
): Explained {
  const local = ranking({ ...call, advice: { skill: '' } }, agents);
  const adviceUsed = advice.outcome === 'answered' && advice.skill !== '' && chosen.skills.includes(advice.skill);
  return {
    decisionId,
    callId: call.callId,
    timeMs: times.nowMs,
    queue: call.queue,
    skill: call.skill,
    waitedMs: Math.max(0, times.nowMs - call.queuedAtMs),
    localRanking: local
      .slice(0, TRACE_AGENTS_MAX)
      .map((agent) => ({ agentId: agent.id, skills: agent.skills, idleMs: Math.max(0, times.nowMs - agent.idleSinceMs) })),
    advice,
    agentId: chosen.id,
    adviceUsed,
    delayMs: Math.round(times.delayMs),
    because: because(call, chosen, advice, adviceUsed),
  };
}

function because(call: WaitingCall, chosen: ReadyAgent, advice: AdviceTaken, adviceUsed: boolean): RoutedBecause {
  if (adviceUsed) return { how: 'advised', skill: advice.skill, advice: advice.outcome, reason: advice.reason };
  const bySkill = call.skill !== '' && chosen.skills.includes(call.skill);
  return { how: bySkill ? 'skill' : 'longest_idle', skill: bySkill ? call.skill : '', advice: advice.outcome, reason: null };
}
