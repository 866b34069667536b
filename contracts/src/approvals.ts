/**
 * Acts that one person alone may be kept from (four eyes), as data. Which of them a site keeps so is `identity.fourEyes`; who asks needs
 * the permission named here, who decides needs `approvals.decide`, and the two are never one person.
 */
import type { Permission } from './roles.ts';

export const APPROVAL_ACTS = [
  'number.unmask',
  'recording.export',
  'recording.delete',
  'retention.change',
  'key.export',
  'policy.change',
] as const;
/** Never done by one person, whatever the site file says: there is no way back from it. */
export const ALWAYS_APPROVED_ACTS = ['audit.accept_fork'] as const;
/** Everything somebody may ask a second person for. */
export const REQUESTABLE_ACTS = [...APPROVAL_ACTS, ...ALWAYS_APPROVED_ACTS] as const;
export type ApprovalAct = (typeof REQUESTABLE_ACTS)[number];

export interface ApprovalActFacts {
  readonly zh: string;
  readonly en: string;
  /** What whoever asks must be allowed to do. */
  readonly askedWith: Permission;
}

export const APPROVAL_ACT_FACTS: Readonly<Record<ApprovalAct, ApprovalActFacts>> = {
  'number.unmask': { zh: '查看客户完整号码', en: 'show the whole number of a caller', askedWith: 'number.unmask' },
  'recording.export': { zh: '导出录音', en: 'export a recording', askedWith: 'recording.export' },
  'recording.delete': { zh: '删除录音或客户数据', en: 'delete recordings or customer data', askedWith: 'approvals.request' },
  'retention.change': {
    zh: '变更保存期限或解除法律保留',
    en: 'change what is kept, or release a legal hold',
    askedWith: 'approvals.request',
  },
  'key.export': { zh: '导出或托管密钥', en: 'export or escrow keys', askedWith: 'approvals.request' },
  'policy.change': { zh: '启用脱敏策略', en: 'put an anonymisation policy in force', askedWith: 'approvals.request' },
  'audit.accept_fork': {
    zh: '确认接受审计日志分叉（解除 AUDIT_FORKED 告警）',
    en: 'accept a fork of the audit log (end the alarm AUDIT_FORKED)',
    askedWith: 'alarms.clear',
  },
};

export const APPROVAL_STATES = ['waiting', 'approved', 'refused', 'used', 'expired'] as const;
export type ApprovalState = (typeof APPROVAL_STATES)[number];

/** One request and what became of it; times are wall time in ms since 1970, '' and 0 stand for not yet. */
export interface Approval {
  readonly id: string;
  readonly act: ApprovalAct;
  /** What it is done to: an identifier of this site. */
  readonly object: string;
  /** Canonical JSON of everything else the act is bound to. */
  readonly params: string;
  readonly purpose: string;
  readonly requestedBy: string;
  readonly requestedAtMs: number;
  readonly expiresAtMs: number;
  readonly state: ApprovalState;
  readonly decidedBy: string;
  readonly decidedAtMs: number;
  readonly reason: string;
  readonly usedBy: string;
  readonly usedAtMs: number;
}

export function isApprovalAct(text: string): text is ApprovalAct {
  return REQUESTABLE_ACTS.some((act) => act === text);
}
