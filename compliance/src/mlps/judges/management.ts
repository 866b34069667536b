/** 8.1.5, security management centre. Pure. */
import { check, named } from '../judgement.ts';
import {
  alarmDelivered,
  certificatesValid,
  componentsAsLocked,
  doorName,
  ended,
  isLoopback,
  type Judge,
  logHolds,
  noClearText,
  oldVersionsRefused,
  recordsComplete,
  retained,
  securityEvents,
} from './checks.ts';

/** The same three rules for each administrator: authenticated with two factors, audited, and only by commands that are. */
const administrator =
  (role: string): Judge =>
  (f) => [
    check('账户及第二因素', 'accounts and second factor', f.accounts, (all) => {
      const holders = all.filter(({ roles, isDisabled }) => roles.includes(role) && !isDisabled);
      const bare = holders.filter(({ factors }) => factors.length === 0);
      return [`${holders.length} ${role}, ${bare.length} without`, holders.length > 0 && bare.length === 0];
    }),
    check('期间内的审计行为', 'audited acts in the period', f.audit, (a) => [JSON.stringify(a.byRole[role] ?? {}), null]),
    recordsComplete(f),
  ];

/** Which roles did these acts: only `allowed` may have. @param operator the console, which is root's own and audited */
const actsByRole =
  (zh: string, en: string, acts: readonly string[], allowed: readonly string[]): Judge =>
  (f) => [
    check(zh, en, f.audit, (a) => {
      const found = Object.entries(a.byRole).flatMap(([role, by]) =>
        acts.flatMap((act) => (by[act] ? [{ role, text: `${role} ${act} ${by[act]}` }] : [])),
      );
      return [named(found.map(({ text }) => text)), found.every(({ role }) => [...allowed, 'operator', 'system'].includes(role))];
    }),
  ];

export const managementJudges: Readonly<Record<string, Judge>> = {
  '8.1.5.1.a': administrator('system_admin'),
  '8.1.5.1.b': actsByRole(
    '账户与启停操作的角色',
    'roles that made accounts, starts and stops',
    ['user.create', 'user.disable', 'user.enable', 'site.start', 'site.stop'],
    ['system_admin'],
  ),
  '8.1.5.2.a': administrator('audit_admin'),
  '8.1.5.2.b': (f) => [
    check('审计管理员的查询与导出', 'queries and exports by audit administrators', f.audit, (a) => {
      const by = a.byRole['audit_admin'] ?? {};
      const reviews = (by['audit.read'] ?? 0) + (by['audit.export'] ?? 0) + (by['report.make'] ?? 0);
      return [reviews, reviews > 0];
    }),
    logHolds(f),
  ],
  '8.1.5.3.a': administrator('security_admin'),
  '8.1.5.3.b': actsByRole(
    '授权与解锁操作的角色',
    'roles that gave rights and unlocked',
    ['user.roles', 'user.unlock', 'user.reset'],
    ['security_admin'],
  ),
  '8.1.5.4.a': (f) => [
    check('管理端口的监听地址', 'where management doors listen', f.doors, (doors) => [
      named(doors.filter(({ isOurs, protocol }) => isOurs && protocol === 'tcp').map(doorName)),
      null,
    ]),
  ],
  '8.1.5.4.b': (f) => [noClearText(f), oldVersionsRefused(f), certificatesValid(f)],
  '8.1.5.4.c': (f) => [
    check('健康接口应答', 'answer of the health door', f.probe, (p) => [p.health, p.health === 200]),
    check('磁盘余量（GB）', 'free disk space, GB', f.host, (h) => [Math.floor(h.freeBytes / 1e9), h.freeBytes > 2e9]),
    check('云端', 'cloud end', f.cloud, (ends) => [
      named(ends.map(({ server, reached }) => `${server} ${reached ? 'reached' : 'unreachable'}`)),
      ends.every(({ reached }) => reached),
    ]),
  ],
  '8.1.5.4.d': (f) => [
    retained(f),
    logHolds(f),
    check('审计导出', 'exports of the audit log', f.audit, (a) => [ended(a, 'audit.export'), ended(a, 'audit.export') > 0]),
  ],
  '8.1.5.4.e': (f) => [
    check('策略版本', 'policy version', f.policy, (p) => [`v${p.version} ${p.hash.slice(0, 16)}`, p.hash !== '']),
    componentsAsLocked(f),
  ],
  '8.1.5.4.f': (f) => [
    securityEvents(f),
    recordsComplete(f),
    alarmDelivered(f),
    check('对外端口与本机端口', 'doors to others and to this machine', f.doors, (doors) => [
      `${doors.filter(({ address }) => !isLoopback(address)).length} / ${doors.filter(({ address }) => isLoopback(address)).length}`,
      null,
    ]),
  ],
};
