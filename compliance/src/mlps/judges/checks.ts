/** Checks that several items ask for, pure. */
import { check, type Check, named } from '../judgement.ts';
import { AUDIT_RETENTION_DAYS_MIN } from '@keepline/contracts/audit-config';
import type { AuditFact, BackupCopy, Door, Facts, LimitFact, Measured } from '../facts.ts';

export type Judge = (facts: Facts) => readonly Check[];

/** Backups of audit data and of the site must be younger, days. */
const BACKUP_DAYS_MAX = 7;
const DAY_MS = 86_400_000;
/** Ports that must not be open on a system of this kind: telnet, RPC, NetBIOS, SMB, rlogin, NFS, RDP, database and remote desktop ports. */
export const RISKY_PORTS: readonly number[] = [21, 23, 69, 111, 135, 137, 138, 139, 445, 512, 513, 514, 2049, 3306, 3389, 5432, 5900, 6379];
/** Acts that are security events: an attack, its limits, or a change of who may do what. */
export const SECURITY_ACTS = ['user.lock', 'sip.ban', 'user.reset', 'user.roles', 'session.revoke', 'quarantine.discard'] as const;

export const isLoopback = (address: string): boolean => /^(127\.|::1$|::ffff:127\.)/.test(address);
export const doorName = ({ protocol, address, port }: Door): string => `${protocol} ${address}:${port}`;
export const count = (audit: AuditFact, act: string): number => Object.values(audit.acts[act] ?? {}).reduce((sum, n) => sum + n, 0);
/** Acts that came to an end, whatever it was: an act and its intent are one event. */
export const ended = (audit: AuditFact, act: string): number => (audit.acts[act]?.['done'] ?? 0) + (audit.acts[act]?.['failed'] ?? 0);
const clearDoors = (facts: Facts): Measured<readonly string[]> =>
  facts.tls.measured
    ? {
        measured: true,
        value: facts.tls.value
          .filter(({ address, accepted }) => !isLoopback(address) && accepted.length === 0)
          .map(({ address, port }) => `${address}:${port}`),
      }
    : facts.tls;

export const noClearText = (facts: Facts): Check =>
  check('本机以外可达的明文 TCP 端口', 'clear-text TCP doors reachable from other machines', clearDoors(facts), (doors) => [
    named(doors),
    doors.length === 0,
  ]);

export const oldVersionsRefused = (facts: Facts): Check =>
  check('TLS 1.0/1.1 实测被拒绝', 'TLS 1.0 and 1.1 refused when tried', facts.tls, (trials) => {
    const tls = trials.filter(({ accepted }) => accepted.length > 0);
    const old = tls.filter(({ accepted }) => accepted.some((version) => version === 'TLSv1' || version === 'TLSv1.1'));
    const shown = tls.map(({ port, accepted, suite }) => `${port}: ${accepted.join('+')} ${suite}`).join('; ');
    return [shown || '0 TLS', tls.length > 0 && old.length === 0];
  });

export const certificatesValid = (facts: Facts): Check =>
  check('证书剩余天数', 'days left of certificates', facts.tls, (trials) => {
    const days = trials.flatMap(({ certificateDaysLeft }) => certificateDaysLeft ?? []);
    return [days.join(', ') || '0 TLS', days.length > 0 && days.every((left) => left > 14)];
  });

export const cloudEncrypted = (facts: Facts): Check =>
  check('云端要求 TLS', 'the cloud end demands TLS', facts.cloud, (ends) => [
    ends.map(({ server, reached, requiresTls }) => `${server} ${reached ? (requiresTls ? 'TLS' : 'clear') : 'unreachable'}`).join('; ') ||
      '0',
    ends.every(({ reached, requiresTls }) => requiresTls && reached),
  ]);

/** SIP over UDP carries no protection of its own, and RTP from trunks none either. */
export const voiceEncrypted = (facts: Facts): Check =>
  check('对外的明文 SIP/RTP 端口（UDP）', 'SIP and RTP doors over plain UDP, reachable from other machines', facts.doors, (doors) => {
    const plain = doors.filter(({ protocol, isOurs, address }) => protocol === 'udp' && isOurs && !isLoopback(address));
    return [named(plain.map(doorName)), plain.length === 0];
  });

export const logHolds = (facts: Facts): Check =>
  check('审计日志逐条重算并核对检查点', 'audit log recomputed against its checkpoints', facts.audit, (audit) => [
    `${audit.entries} entries, ${audit.checkpoints} checkpoints, root ${audit.root.slice(0, 12)}…${audit.fault ? `; ${audit.fault}` : ''}`,
    audit.ok,
  ]);
export const randomEntryProven = (facts: Facts): Check =>
  check('随机一条的包含证明', 'inclusion proof of an entry taken at random', facts.audit, (audit) => [
    audit.provenEntry < 0 ? 'none' : `#${audit.provenEntry}`,
    audit.provenEntry >= 0,
  ]);
export const recordsComplete = (facts: Facts): Check =>
  check('缺少字段的审计记录数', 'audit entries that lack a field', facts.audit, (audit) => [
    `${audit.incomplete} of ${audit.entries}`,
    audit.incomplete === 0,
  ]);
export const logFilesClosed = (facts: Facts): Check =>
  check('他人可读写的审计文件', 'audit files that others can read or write', facts.audit, (audit) => [
    named(audit.laxFiles),
    audit.laxFiles.length === 0,
  ]);
export const everyUserAudited = (facts: Facts): Check => {
  if (!facts.sessions.measured) return check('现存会话', 'live sessions', facts.sessions, () => ['', true]);
  const users = [...new Set(facts.sessions.value.map(({ user }) => user))];
  return check('有会话而期间无审计记录的账户', 'accounts with a session and no entry in the period', facts.audit, (audit) => {
    const silent = users.filter((user) => !audit.actors.includes(user));
    return [named(silent), silent.length === 0];
  });
};
export const periodCovered = (facts: Facts): Check =>
  check('期间内的审计行为与用户', 'acts and actors in the period', facts.audit, (audit) => [
    `${Object.keys(audit.acts).length} acts, ${audit.actors.length} actors`,
    audit.actors.length > 0,
  ]);
export const retained = (facts: Facts): Check =>
  check('最早一条审计记录', 'oldest audit entry', facts.audit, (audit) => {
    const days = Math.floor((Date.parse(facts.takenAt) - Date.parse(audit.oldest)) / DAY_MS);
    const enough = days >= AUDIT_RETENTION_DAYS_MIN;
    // A young site cannot show six months; that its first entry, number 0, is still there shows that nothing was cut.
    if (audit.pruned === null)
      return [`${audit.oldest} (${days} d; ${enough ? `≥ ${AUDIT_RETENTION_DAYS_MIN} d` : 'since the first start'})`, audit.ok];
    const kept = Math.floor((Date.parse(audit.pruned.at) - Date.parse(audit.pruned.newest)) / DAY_MS);
    return [`${audit.oldest} (${days} d; ${audit.pruned.entries} pruned at ≥ ${kept} d)`, audit.ok && kept >= AUDIT_RETENTION_DAYS_MIN];
  });
const copyShown = ({ id, ageHours, parts, absent, hashed, differing }: BackupCopy): string =>
  `${id}: ${ageHours} h; ${absent} of ${parts} parts absent, ${differing} of ${hashed} read differ`;
const isWholeAndYoung = ({ ageHours, absent, differing }: BackupCopy): boolean =>
  ageHours <= BACKUP_DAYS_MAX * 24 && absent === 0 && differing === 0;

/** The note's signature and the hash of the list were checked to get here: what is judged is that the parts lie there, and its age. */
export const backedUp = (facts: Facts): Check =>
  check('最新备份：时间、签名、分块', 'the newest backup: age, signature, parts', facts.backups, ({ place, newest }) => [
    place === '' ? 'backup.folder is not set' : newest === null ? 'no backup there' : copyShown(newest),
    newest !== null && isWholeAndYoung(newest),
  ]);
export const copiedOffsite = (facts: Facts): Check =>
  check('异地最新备份：时间、签名、分块', 'the newest backup in the other building: age, signature, parts', facts.offsite, (there) => [
    there.place === ''
      ? 'backup.offsite is not set'
      : `${there.place}: ${there.backups} backups; ${there.newest === null ? 'none' : copyShown(there.newest)}`,
    there.newest !== null && isWholeAndYoung(there.newest),
  ]);
const RESTORES = { zh: '期间内的恢复记录', en: 'restores in the period' };
/** A restore tells the log of the folder it made; a rehearsal on another machine is written there, which cannot be seen from here. */
export const restored = (facts: Facts): Check =>
  facts.audit.measured && count(facts.audit.value, 'backup.restore') === 0
    ? { what: RESTORES, found: '0; a rehearsal on another machine is in the log of that machine', holds: undefined }
    : check(RESTORES.zh, RESTORES.en, facts.audit, (audit) => [ended(audit, 'backup.restore'), ended(audit, 'backup.restore') > 0]);
/** Two machines of which one can go on at once: said by the daemon that is at work, which asks its voters several times a second. */
export const pairReady = (facts: Facts): Check =>
  check('双机热备：角色、票数、副本', 'pair: role, votes, copy', facts.pair, ({ isSet, answer }) => {
    if (answer === null) return [isSet ? 'the pair daemon does not answer' : 'this machine belongs to no pair', false];
    const { node, serves, votes, ready, copyAgeSeconds } = answer;
    const copy = copyAgeSeconds === null ? 'no copy' : `copy ${copyAgeSeconds} s old`;
    return [`${node} ${serves ? 'serves' : 'stands by'}, ${votes} of 3 votes, ${copy}, ${ready ? 'ready' : 'not ready'}`, ready];
  });
export const clockSynchronised = (facts: Facts): Check =>
  check('时钟偏差（毫秒）', 'offset of the clock, ms', facts.clockOffsetMs, (ms) => [ms, Math.abs(ms) <= 1000]);
export const componentsAsLocked = (facts: Facts): Check =>
  check('与锁定清单不符的组件', 'components that differ from the lock file', facts.components, (c) => [
    `${named([...c.unexpected, ...c.differing])} (${c.installed} installed, ${c.locked} locked, ${c.systemPackages} system packages)`,
    c.unexpected.length + c.differing.length === 0,
  ]);
export const antiVirusRuns = (facts: Facts): Check =>
  check('防病毒进程', 'anti-virus processes', facts.host, ({ antiVirus }) => [named(antiVirus), antiVirus.length > 0]);
export const secureBoot = (facts: Facts): Check =>
  check('安全启动 / TPM', 'secure boot / TPM', facts.trust, (trust) => [
    `${trust.secureBoot} / ${trust.hasTpm ? 'TPM' : 'no TPM'}`,
    trust.secureBoot === 'enabled' && trust.hasTpm,
  ]);
export const securityEvents = (facts: Facts): Check =>
  check('期间内的安全事件', 'security events of the period', facts.audit, (audit) => [
    SECURITY_ACTS.map((act) => `${act} ${ended(audit, act)}`).join(', '),
    null,
  ]);
/** Entries the SIEM may lack while a checkpoint is on its way. */
const SIEM_BEHIND_MAX = 5000;
/** An assessor asks for the receipt of an alarm: of a webhook that took it, or of a SIEM that has the entries of the audit log. */
export const alarmDelivered = (facts: Facts): Check =>
  check('告警送达回执', 'receipts of delivered alarms', facts.alarms, (a) => {
    const shown = `${a.receipts} of ${a.raised} by webhook, ${a.overdue} overdue; ${a.siemTargets} SIEM, ${a.siemBehind} entries behind; ${a.standing} standing`;
    const channels = (a.hasWebhook ? 1 : 0) + a.siemTargets;
    if (channels === 0) return [`no receiver is set; ${shown}`, false];
    return [shown, a.overdue > 0 || a.siemBehind > SIEM_BEHIND_MAX ? false : a.raised === 0 ? null : true];
  });
export const ownAccount = (facts: Facts): Check =>
  check('以 root 运行的站点进程', 'processes of the site that run as root', facts.processes, (list) => {
    const root = list.filter(({ uid }) => uid === 0).map(({ name }) => name);
    return [list.length === 0 ? 'none runs' : named(root), list.length > 0 && root.length === 0];
  });

/** Doors other machines can reach that the site file does not declare. Port 0 in the site file lets the system choose: then any is declared. */
export function undeclared(doors: readonly Door[], { declaredPorts, rtpPorts: [low, high] }: LimitFact): readonly Door[] {
  return doors.filter(
    ({ protocol, address, port }) =>
      !isLoopback(address) && !declaredPorts.includes(`${protocol}:${port}`) && !(protocol === 'udp' && port >= low && port <= high),
  );
}
export const onlyDeclaredDoors = (facts: Facts): Check =>
  check('未声明而对外监听的端口', 'doors open to other machines that the site does not declare', facts.doors, (doors) => {
    const found = undeclared(doors, facts.limits);
    return [named(found.map((door) => `${doorName(door)} ${door.process}`)), found.length === 0];
  });
