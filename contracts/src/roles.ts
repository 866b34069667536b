/**
 * Who may do what, as data: roles, permissions and the table between them. Pure. Three administrators share the power over a site (MLPS
 * level 3, access control, separation of administrative rights): the system administrator makes accounts, the security administrator
 * gives them rights, the audit administrator watches both. No account may hold two of them.
 */
export const ROLES = [
  'agent',
  'supervisor',
  'quality_reviewer',
  'compliance_officer',
  'system_admin',
  'security_admin',
  'audit_admin',
] as const;
export type Role = (typeof ROLES)[number];

export const PERMISSIONS = [
  'session.own',
  'site.read',
  'desk.work',
  'call.supervise',
  'callbacks.manage',
  'recording.read',
  'recording.play',
  'recording.export',
  'audit.read',
  'audit.export',
  'report.read',
  'report.run',
  'alarms.read',
  'alarms.clear',
  'users.read',
  'users.create',
  'users.secure',
  'sessions.read',
  'sessions.revoke',
  'tokens.manage',
  'cloud.read',
  'egress.export',
  'downlink.decide',
  'number.unmask',
  'approvals.request',
  'approvals.decide',
] as const;
export type Permission = (typeof PERMISSIONS)[number];

export interface PermissionFacts {
  readonly zh: string;
  readonly en: string;
  /** Asks for a second factor proven within the last ten minutes; a machine's token can therefore never carry it. */
  readonly stepUp: boolean;
  /** May be put into the token of a machine. */
  readonly byToken: boolean;
}

export const PERMISSION_FACTS: Readonly<Record<Permission, PermissionFacts>> = {
  'session.own': { zh: '管理自己的会话、口令和第二因素', en: 'own sessions, password and second factors', stepUp: false, byToken: false },
  'site.read': { zh: '查看站点与云链路状态', en: 'state of the site and of the link', stepUp: false, byToken: true },
  'desk.work': { zh: '在坐席台接听来电', en: 'answer calls at a desk', stepUp: false, byToken: false },
  'call.supervise': {
    zh: '监听、耳语、强插坐席通话',
    en: 'listen to, whisper into and join calls of agents',
    stepUp: false,
    byToken: false,
  },
  'callbacks.manage': { zh: '查看、取消待回拨', en: 'see and cancel the calls that are owed', stepUp: false, byToken: false },
  'recording.read': { zh: '查询录音清单', en: 'list recordings', stepUp: false, byToken: true },
  'recording.play': { zh: '在线收听录音', en: 'listen to recordings', stepUp: false, byToken: false },
  'recording.export': { zh: '解密并导出录音', en: 'decrypt and export recordings', stepUp: true, byToken: false },
  'audit.read': { zh: '查看审计日志', en: 'read the audit log', stepUp: false, byToken: true },
  'audit.export': { zh: '导出审计日志', en: 'export the audit log', stepUp: true, byToken: false },
  'report.read': { zh: '查看、下载合规报告', en: 'see and download compliance reports', stepUp: false, byToken: false },
  'report.run': { zh: '生成合规报告', en: 'have compliance reports made', stepUp: true, byToken: false },
  'alarms.read': { zh: '查看告警', en: 'see the alarms', stepUp: false, byToken: true },
  'alarms.clear': { zh: '解除告警', en: 'end an alarm', stepUp: true, byToken: false },
  'users.read': { zh: '查看账户及角色', en: 'see accounts and their roles', stepUp: false, byToken: true },
  'users.create': { zh: '新建、停用账户（不含授权）', en: 'make and disable accounts, without any right', stepUp: true, byToken: false },
  'users.secure': { zh: '授予角色、解锁、重置认证', en: 'give roles, unlock, issue new enrolment codes', stepUp: true, byToken: false },
  'sessions.read': { zh: '查看所有会话', en: 'see the sessions of everybody', stepUp: false, byToken: true },
  'sessions.revoke': { zh: '强制结束会话', en: 'end the sessions of others', stepUp: false, byToken: false },
  'tokens.manage': { zh: '签发、吊销接口令牌', en: 'issue and revoke tokens of machines', stepUp: true, byToken: false },
  'cloud.read': {
    zh: '查看云链路、出域数据、脱敏策略和云端建议',
    en: 'see the link, what left, the policy and the proposals',
    stepUp: false,
    byToken: true,
  },
  'egress.export': { zh: '导出出域数据报告', en: 'export the report of what left the building', stepUp: true, byToken: false },
  'downlink.decide': {
    zh: '批准、拒绝、回退云端建议',
    en: 'approve, reject and take back proposals of the cloud',
    stepUp: true,
    byToken: false,
  },
  'number.unmask': { zh: '查看客户完整号码', en: 'see the whole number of a caller', stepUp: true, byToken: false },
  'approvals.request': {
    zh: '申请双人复核、查看申请',
    en: 'ask for the approval of a second person, see the requests',
    stepUp: false,
    byToken: false,
  },
  'approvals.decide': { zh: '批准或拒绝他人的申请', en: 'approve or refuse what somebody else asks for', stepUp: true, byToken: false },
};

export interface RoleFacts {
  readonly zh: string;
  readonly en: string;
  /** Signs in with a second factor or does nothing; its password expires. */
  readonly privileged: boolean;
  readonly permissions: readonly Permission[];
}

export const ROLE_FACTS: Readonly<Record<Role, RoleFacts>> = {
  agent: { zh: '坐席', en: 'agent', privileged: false, permissions: ['session.own', 'site.read', 'desk.work'] },
  supervisor: {
    zh: '班组长',
    en: 'supervisor',
    privileged: false,
    permissions: [
      'session.own',
      'site.read',
      'alarms.read',
      'call.supervise',
      'callbacks.manage',
      'recording.read',
      'recording.play',
      'cloud.read',
      'approvals.request',
    ],
  },
  quality_reviewer: {
    zh: '质检员',
    en: 'quality reviewer',
    privileged: false,
    permissions: ['session.own', 'site.read', 'recording.read', 'recording.play'],
  },
  compliance_officer: {
    zh: '合规专员',
    en: 'compliance officer',
    privileged: true,
    permissions: [
      'session.own',
      'site.read',
      'alarms.read',
      'recording.read',
      'recording.play',
      'recording.export',
      'audit.read',
      'audit.export',
      'report.read',
      'report.run',
      'users.read',
      'cloud.read',
      'egress.export',
      'number.unmask',
      'approvals.request',
      'approvals.decide',
    ],
  },
  system_admin: {
    zh: '系统管理员',
    en: 'system administrator',
    privileged: true,
    permissions: [
      'session.own',
      'site.read',
      'alarms.read',
      'users.read',
      'users.create',
      'cloud.read',
      'downlink.decide',
      'approvals.request',
    ],
  },
  security_admin: {
    zh: '安全管理员',
    en: 'security administrator',
    privileged: true,
    permissions: [
      'session.own',
      'site.read',
      'alarms.read',
      'alarms.clear',
      'users.read',
      'users.secure',
      'sessions.read',
      'sessions.revoke',
      'tokens.manage',
      'cloud.read',
      'approvals.request',
      'approvals.decide',
    ],
  },
  audit_admin: {
    zh: '审计管理员',
    en: 'audit administrator',
    privileged: true,
    permissions: [
      'session.own',
      'site.read',
      'alarms.read',
      'audit.read',
      'audit.export',
      'report.read',
      'report.run',
      'users.read',
      'sessions.read',
      'cloud.read',
      'egress.export',
    ],
  },
};

export const ADMINISTRATORS = ['system_admin', 'security_admin', 'audit_admin'] as const satisfies readonly Role[];
/** At most one of these for one account. */
const APART: readonly Role[] = [...ADMINISTRATORS, 'compliance_officer'];

/** The first two roles that may not meet in one account; undefined when all may. */
export function conflictIn(roles: readonly Role[]): readonly [Role, Role] | undefined {
  const [first, second] = APART.filter((role) => roles.includes(role));
  return first !== undefined && second !== undefined ? [first, second] : undefined;
}

export function permissionsOf(roles: readonly Role[]): ReadonlySet<Permission> {
  return new Set(roles.flatMap((role) => ROLE_FACTS[role].permissions));
}

export function isPrivileged(roles: readonly Role[]): boolean {
  return roles.some((role) => ROLE_FACTS[role].privileged);
}

export function isRole(text: string): text is Role {
  return ROLES.some((role) => role === text);
}

export function isPermission(text: string): text is Permission {
  return PERMISSIONS.some((permission) => permission === text);
}
