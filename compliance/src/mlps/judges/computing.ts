/** 8.1.4, computing environment: identities, access, audit, intrusion. Pure. */
import type { AccountFact } from '../facts.ts';
import { check, named } from '../judgement.ts';
import {
  antiVirusRuns,
  backedUp,
  certificatesValid,
  clockSynchronised,
  componentsAsLocked,
  count,
  doorName,
  ended,
  everyUserAudited,
  isLoopback,
  type Judge,
  logFilesClosed,
  logHolds,
  noClearText,
  oldVersionsRefused,
  onlyDeclaredDoors,
  ownAccount,
  periodCovered,
  randomEntryProven,
  recordsComplete,
  retained,
  RISKY_PORTS,
  secureBoot,
  securityEvents,
} from './checks.ts';

const UNUSED_DAYS_MAX = 90;
const ids = (accounts: readonly AccountFact[]): string => named(accounts.map(({ id }) => id));
const active = (accounts: readonly AccountFact[]): readonly AccountFact[] => accounts.filter(({ isDisabled }) => !isDisabled);
/** Names that products ship with, and attackers try first. */
const DEFAULT_NAMES: readonly string[] = [
  'admin',
  'administrator',
  'root',
  'test',
  'guest',
  'user',
  'operator',
  'demo',
  'agent1',
  'agent2',
];
const ADMINISTRATORS: readonly string[] = ['system_admin', 'security_admin', 'audit_admin'];

export const computingJudges: Readonly<Record<string, Judge>> = {
  '8.1.4.1.a': (f) => [
    check('账户数（标识不重复）', 'accounts, each id once', f.accounts, (all) => [
      all.length,
      all.length > 0 && new Set(all.map(({ id }) => id)).size === all.length,
    ]),
    check('非 argon2id 的口令哈希', 'password hashes that are not argon2id', f.accounts, (all) => {
      const other = all.filter(({ hash, passwordAgeDays }) => passwordAgeDays !== null && !hash.startsWith('argon2id'));
      const kinds = [...new Set(all.map(({ hash }) => hash).filter(Boolean))].join('; ');
      return [`${ids(other)} (${kinds})`, other.length === 0];
    }),
    check('特权账户中口令过期者', 'privileged accounts with an overdue password', f.accounts, (all) => {
      const late = active(all).filter(
        ({ isPrivileged, passwordAgeDays }) => isPrivileged && (passwordAgeDays ?? 0) > f.limits.passwordDays,
      );
      return [`${ids(late)} (max ${f.limits.passwordDays} d)`, late.length === 0];
    }),
    check('非特权账户中口令超龄者', 'other accounts with a password older than that', f.accounts, (all) => {
      const late = active(all).filter(
        ({ isPrivileged, passwordAgeDays }) => !isPrivileged && (passwordAgeDays ?? 0) > f.limits.passwordDays,
      );
      return [ids(late), late.length === 0];
    }),
  ],
  '8.1.4.1.b': (f) => [
    check('失败计数越限而未锁定的账户', 'accounts over the failure limit and not locked', f.overLimitTallies, (n) => [
      `${n} (limit ${f.limits.lockAfterFailures})`,
      n === 0,
    ]),
    check('现处锁定的账户', 'accounts locked now', f.lockedAccounts, (n) => [n, null]),
    check('超过空闲或绝对时限的会话', 'sessions beyond the idle or absolute limit', f.sessions, (all) => {
      const over = all.filter(
        ({ idleMinutes, ageMinutes }) => idleMinutes > f.limits.idleMinutes + 1 || ageMinutes > f.limits.sessionMinutes + 1,
      );
      return [`${over.length} of ${all.length} (limits ${f.limits.idleMinutes} / ${f.limits.sessionMinutes} min)`, over.length === 0];
    }),
  ],
  '8.1.4.1.c': (f) => [noClearText(f), oldVersionsRefused(f), certificatesValid(f)],
  '8.1.4.1.d': (f) => [
    check('没有第二因素的特权账户', 'privileged accounts without a second factor', f.accounts, (all) => {
      const privileged = active(all).filter(({ isPrivileged }) => isPrivileged);
      const without = privileged.filter(({ factors }) => factors.length === 0);
      return [`${ids(without)} of ${privileged.length}`, privileged.length > 0 && without.length === 0];
    }),
    check('未证明第二因素的特权会话', 'privileged sessions whose second factor is unproven', f.sessions, (all) => {
      const half = all.filter(({ isPrivileged, factorProven }) => isPrivileged && !factorProven);
      return [half.length, half.length === 0];
    }),
  ],
  '8.1.4.2.a': (f) => [
    check('没有角色的启用账户', 'enabled accounts without a role', f.accounts, (all) => {
      const bare = active(all).filter(({ roles }) => roles.length === 0);
      return [`${ids(bare)} of ${all.length}`, all.length > 0 && bare.length === 0];
    }),
  ],
  '8.1.4.2.b': (f) => [
    check('默认名称的启用账户', 'enabled accounts with a default name', f.accounts, (all) => {
      const found = active(all).filter(({ id }) => DEFAULT_NAMES.includes(id));
      return [ids(found), found.length === 0];
    }),
    check('哈希与默认口令相符的账户', 'accounts whose hash matches a default password', f.accounts, (all) => {
      const found = all.filter(({ matchesDefaultPassword }) => matchesDefaultPassword);
      return [ids(found), found.length === 0];
    }),
    check('首次口令文件仍在', 'the file of first passwords is still there', f.storage, (s) => [s.firstPasswordFile, !s.firstPasswordFile]),
  ],
  '8.1.4.2.c': (f) => [
    check('九十天未用的启用账户', 'enabled accounts unused for 90 days', f.accounts, (all) => {
      const idle = active(all).filter(({ unusedDays, passwordAgeDays }) => (unusedDays ?? passwordAgeDays ?? 0) > UNUSED_DAYS_MAX);
      return [ids(idle), idle.length === 0];
    }),
    check('同时来自多地的账户', 'accounts with sessions from several addresses', f.sessions, (all) => {
      const users = [...new Set(all.map(({ user }) => user))];
      const many = users.filter((id) => new Set(all.filter(({ user }) => user === id).map(({ from }) => from)).size > 1);
      return [named(many), many.length === 0];
    }),
  ],
  '8.1.4.2.d': (f) => [
    check('兼任三员的账户', 'accounts that combine administrators', f.accounts, (all) => {
      const both = all.filter(({ roles }) => roles.filter((role) => ADMINISTRATORS.includes(role)).length > 1);
      return [ids(both), both.length === 0];
    }),
    check('启用的三员', 'enabled administrators', f.accounts, (all) => {
      const there = ADMINISTRATORS.filter((role) => active(all).some(({ roles }) => roles.includes(role)));
      return [`${there.length} of 3: ${there.join(', ')}`, there.length === 3];
    }),
  ],
  '8.1.4.2.e': (f) => [
    check('期间内授权与策略变更', 'changes of rights and policy in the period', f.audit, (a) => [
      `user.roles ${ended(a, 'user.roles')}, policy.change ${ended(a, 'policy.change')}`,
      null,
    ]),
    check('双人审批：申请 / 批准 / 拒绝 / 使用', 'two-person approvals: asked / given / refused / used', f.audit, (a) => [
      ['request', 'approve', 'refuse', 'use'].map((step) => ended(a, `approval.${step}`)).join(' / '),
      null,
    ]),
    check('生效策略', 'policy in force', f.policy, (p) => [`v${p.version} ${p.hash.slice(0, 16)}`, p.hash !== '']),
  ],
  '8.1.4.2.f': (f) => [
    ownAccount(f),
    check('他人可读写的数据文件', 'data files that others can read or write', f.storage, (s) => [
      named(s.laxFiles),
      s.laxFiles.length === 0,
    ]),
    check('逐条录音的访问记录', 'audit entries per recording', f.audit, (a) => [a.recordingActs, null]),
  ],
  '8.1.4.2.g': (f) => [
    check('有出域标记的事件字段', 'event fields that carry an egress label', f.policy, (p) => [p.labelledFields, p.labelledFields > 0]),
  ],
  '8.1.4.3.a': (f) => [periodCovered(f), everyUserAudited(f)],
  '8.1.4.3.b': (f) => [
    recordsComplete(f),
    check('时间倒退的记录', 'entries whose time runs backwards', f.audit, (a) => [a.outOfOrder, a.outOfOrder === 0]),
    clockSynchronised(f),
  ],
  '8.1.4.3.c': (f) => [logHolds(f), randomEntryProven(f), logFilesClosed(f), retained(f), backedUp(f)],
  '8.1.4.3.d': (f) => [
    check('没有结果的意图', 'intents without an outcome', f.audit, (a) => [a.intentsWithoutOutcome, a.intentsWithoutOutcome === 0]),
    check('启动 / 停止', 'starts / stops', f.audit, (a) => [`${ended(a, 'site.start')} / ${ended(a, 'site.stop')}`, null]),
    ownAccount(f),
    logFilesClosed(f),
  ],
  '8.1.4.4.a': (f) => [
    componentsAsLocked(f),
    check('编译工具', 'compilers', f.host, (h) => [named(h.compilers), h.compilers.length === 0]),
  ],
  '8.1.4.4.b': (f) => [
    onlyDeclaredDoors(f),
    check('高危端口', 'risky ports', f.doors, (doors) => {
      const risky = doors.filter(({ port, address }) => RISKY_PORTS.includes(port) && !isLoopback(address));
      return [named(risky.map(doorName)), risky.length === 0];
    }),
  ],
  '8.1.4.4.c': (f) => [
    check('限制了来源的管理角色', 'administrators with a source limit', f.audit, () => {
      const limited = ADMINISTRATORS.filter((role) => f.limits.limitedRoles.includes(role));
      return [`${limited.length} of 3: ${limited.join(', ')}`, limited.length === 3];
    }),
    check('登录来源', 'sources of sign-ins', f.audit, (a) => [named(Object.keys(a.signInSources)), null]),
  ],
  '8.1.4.4.d': (f) => [
    check('畸形 / 超长请求的应答', 'answers to malformed and oversized requests', f.probe, (p) => [
      `${p.malformed} / ${p.oversized}`,
      [p.malformed, p.oversized].every((status) => status >= 400 && status < 500),
    ]),
    check('隔离的事件', 'quarantined events', f.outbox, (o) => [o.quarantined, null]),
  ],
  '8.1.4.4.e': (f) => [componentsAsLocked(f)],
  '8.1.4.4.f': (f) => [securityEvents(f), componentsAsLocked(f)],
  '8.1.4.5.a': (f) => [antiVirusRuns(f), componentsAsLocked(f)],
  '8.1.4.6.a': (f) => [secureBoot(f), componentsAsLocked(f)],
  '8.1.4.11.b': (f) => [
    check('录音访问 / 写明用途', 'accesses to recordings / with a purpose', f.audit, (a) => [
      `${a.recordingActs} / ${a.recordingActsWithPurpose}`,
      a.recordingActs === a.recordingActsWithPurpose,
    ]),
    check('录音导出', 'exports of recordings', f.audit, (a) => [count(a, 'recording.export'), null]),
  ],
};
