/**
 * The rules of four eyes, pure: who may decide a request and when it may be used. The answer is the reason for a no; undefined is a yes.
 */
import { createHash } from 'node:crypto';
import type { Approval, ApprovalAct } from '@keepline/contracts/approvals';
import { APPROVAL_ACT_FACTS } from '@keepline/contracts/approvals';
import { conflictIn, permissionsOf } from '@keepline/contracts/roles';
import type { Account } from './directory.ts';

/** Undefined where the account is gone. */
export type Party = Pick<Account, 'id' | 'person' | 'roles' | 'isDisabled'> | undefined;
/** An act and everything it is bound to. */
export interface Bound {
  readonly act: ApprovalAct;
  readonly object: string;
  readonly params: Readonly<Record<string, Param>>;
}
type Param = string | number | boolean | readonly string[];

/** The same text for the same values, whatever the order of the names. */
export function canonicalParams(params: Bound['params']): string {
  return JSON.stringify(Object.fromEntries(Object.entries(params).toSorted(([a], [b]) => (a < b ? -1 : 1))));
}

/** SHA-256 in hex over act, object and parameters, each with its length in front so that no two differ only in where they part. */
export function bindingOf({ act, object, params }: Bound): string {
  const hash = createHash('sha256');
  for (const part of [act, object, canonicalParams(params)]) hash.update(`${Buffer.byteLength(part)}:${part}`);
  return hash.digest('hex');
}

/** Why this account may not ask for this act. */
export function whyMayNotAsk(asker: Party, act: ApprovalAct): string | undefined {
  if (!asker || asker.isDisabled) return 'the account is not in use';
  const rights = permissionsOf(asker.roles);
  return rights.has('approvals.request') && rights.has(APPROVAL_ACT_FACTS[act].askedWith) ? undefined : 'the act is not theirs to ask for';
}

/** Why this account may not decide this request. */
export function whyMayNotDecide(approval: Approval, asker: Party, decider: Party, nowMs: number): string | undefined {
  if (approval.state !== 'waiting') return `it is ${approval.state}`;
  if (nowMs >= approval.expiresAtMs) return 'it is expired';
  return whyNoSecond(asker, decider);
}

/**
 * Why an approved request may not be used now. Both people are looked at again: who was disabled, lost the right or turned out to be the
 * same person meanwhile approves nothing.
 * @param executor account that acts, or `console` (its user is no account; the request is then the asker's word)
 */
export function whyMayNotUse(
  approval: Approval,
  { asker, decider }: { readonly asker: Party; readonly decider: Party },
  executor: string,
  nowMs: number,
): string | undefined {
  if (approval.state !== 'approved') return `it is ${approval.state}`;
  if (nowMs >= approval.expiresAtMs) return 'it is expired';
  if (executor !== 'console' && executor !== approval.requestedBy) return 'somebody else asked for it';
  if (decider?.id !== approval.decidedBy) return 'nobody approved it';
  return whyMayNotAsk(asker, approval.act) ?? whyNoSecond(asker, decider);
}

function whyNoSecond(asker: Party, decider: Party): string | undefined {
  if (!asker || !decider || decider.isDisabled) return 'an account is not in use';
  if (asker.id === decider.id || asker.person === decider.person) return 'one person asks and decides';
  if (conflictIn(decider.roles)) return 'the deciding account combines roles that must stay apart';
  return permissionsOf(decider.roles).has('approvals.decide') ? undefined : 'the account may not decide';
}
