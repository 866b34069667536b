/** 8.1.2 and 8.1.3, communication network and area boundary: which checks make up each item. Pure. */
import { check, named } from '../judgement.ts';
import {
  alarmDelivered,
  antiVirusRuns,
  backedUp,
  certificatesValid,
  cloudEncrypted,
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
  pairReady,
  periodCovered,
  randomEntryProven,
  recordsComplete,
  secureBoot,
  securityEvents,
  voiceEncrypted,
} from './checks.ts';

const MAIL_PORTS: readonly number[] = [25, 110, 143, 465, 587, 993, 995];

export const networkJudges: Readonly<Record<string, Judge>> = {
  '8.1.2.1.a': (f) => [
    check('最大并发呼叫 / 中继额定值', 'highest concurrency / limit of the trunks', f.calls, (c) => [
      `${c.peakConcurrent} / ${c.trunkLimit} (${c.calls} calls)`,
      c.peakConcurrent < c.trunkLimit * 0.8,
    ]),
    check('一分钟负载 / 处理器数', 'load of one minute / processors', f.host, (h) => [
      `${h.load1} / ${h.processors}`,
      h.load1 < h.processors,
    ]),
  ],
  '8.1.2.1.b': (f) => [check('网卡丢包计数', 'packets dropped by the interfaces', f.host, (h) => [h.droppedPackets, null])],
  '8.1.2.1.c': (f) => [
    check('网卡与地址', 'interfaces and addresses', f.host, (h) => [named(h.interfaces), null]),
    check('本站监听端口', 'doors of the site', f.doors, (doors) => [named(doors.filter(({ isOurs }) => isOurs).map(doorName)), null]),
  ],
  '8.1.2.1.d': (f) => [
    onlyDeclaredDoors(f),
    check('防火墙规则 / 默认拒绝', 'packet filter rules / denies by default', f.firewall, (w) => [
      `${w.rules} / ${w.defaultDrop}`,
      w.defaultDrop,
    ]),
  ],
  '8.1.2.1.e': (f) => [
    check('中继数', 'trunks', f.calls, (c) => [c.trunks, c.trunks > 1]),
    check('默认路由数', 'default routes', f.host, (h) => [h.defaultRoutes, h.defaultRoutes > 1]),
    pairReady(f),
  ],
  '8.1.2.2.a': (f) => [noClearText(f), voiceEncrypted(f), cloudEncrypted(f)],
  '8.1.2.2.b': (f) => [noClearText(f), oldVersionsRefused(f), certificatesValid(f), voiceEncrypted(f), cloudEncrypted(f)],
  '8.1.2.3.a': (f) => [secureBoot(f), componentsAsLocked(f)],
  '8.1.3.1.a': (f) => [onlyDeclaredDoors(f)],
  '8.1.3.1.b': (f) => [check('被封禁的 SIP 来源', 'SIP sources that were banned', f.audit, (a) => [count(a, 'sip.ban'), null])],
  '8.1.3.1.c': (f) => [
    check('站点进程的对外连接', 'outward connections of the site’s processes', f.connections, (list) => {
      const outward = list.filter(({ remote }) => !isLoopback(remote));
      const others = outward.filter(({ process }) => !/cloud-sync/.test(process));
      return [named(outward.map(({ process, remote, port }) => `${process} → ${remote}:${port}`)), others.length === 0];
    }),
  ],
  '8.1.3.1.d': (f) => [
    check('无线网卡', 'radio interfaces', f.host, (h) => [named(h.wirelessInterfaces), h.wirelessInterfaces.length === 0]),
  ],
  '8.1.3.2.a': (f) => [
    check('防火墙默认拒绝', 'the packet filter denies by default', f.firewall, (w) => [w.defaultDrop, w.defaultDrop]),
    check('无会话请求的应答', 'answer to a request without a session', f.probe, (p) => [p.unauthenticated, p.unauthenticated === 401]),
  ],
  '8.1.3.2.b': (f) => [
    check('规则数 / 零命中', 'rules / without a hit', f.firewall, (w) => [
      `${w.rules} / ${w.zeroHitRules}`,
      w.rules > 0 && w.zeroHitRules === 0,
    ]),
  ],
  '8.1.3.2.c': (f) => [
    check('按地址、端口与协议匹配的规则', 'rules that match address, port and protocol', f.firewall, (w) => [
      w.fiveTupleRules,
      w.fiveTupleRules > 0,
    ]),
  ],
  '8.1.3.2.d': (f) => [
    check('有状态规则', 'stateful rules', f.firewall, (w) => [w.statefulRules, w.statefulRules > 0]),
    f.calls.measured
      ? check('打开的媒体端口 / 进行中的呼叫', 'media ports open / calls in progress', f.doors, (doors) => {
          const [low, high] = f.limits.rtpPorts;
          const open = doors.filter(({ protocol, isOurs, port }) => protocol === 'udp' && isOurs && port >= low && port <= high).length;
          const calls = f.calls.measured ? f.calls.value.inProgress : 0;
          return [`${open} / ${calls}`, calls > 0 || open === 0];
        })
      : check('进行中的呼叫', 'calls in progress', f.calls, () => ['', true]),
  ],
  '8.1.3.2.e': (f) => [
    check('出域白名单：已送 / 隔离', 'egress guard: sent / quarantined', f.outbox, ({ sent, quarantined, questions }) => [
      questions ? `${sent} / ${quarantined}; + ${questions.sent} / ${questions.stopped} (advice, AI)` : `${sent} / ${quarantined}`,
      null,
    ]),
    check('待发事件中的个人信息', 'personal data in events that wait', f.outbox, (o) => [
      JSON.stringify(o.hits),
      Object.keys(o.hits).length === 0,
    ]),
    check('SIP 来源封禁', 'bans of SIP sources', f.audit, (a) => [count(a, 'sip.ban'), null]),
    check('畸形请求的应答', 'answer to a malformed request', f.probe, (p) => [p.malformed, p.malformed >= 400 && p.malformed < 500]),
  ],
  '8.1.3.3.a': (f) => [securityEvents(f)],
  '8.1.3.3.b': (f) => [
    check('登录失败与锁定', 'failed sign-ins and lock-outs', f.audit, (a) => [
      `${a.acts['agent.sign_in']?.['failed'] ?? 0}, ${ended(a, 'user.lock')}`,
      null,
    ]),
    check('登录来源', 'sources of sign-ins', f.audit, (a) => [
      named(Object.entries(a.signInSources).map(([from, n]) => `${from} ${n}`)),
      null,
    ]),
  ],
  '8.1.3.3.c': (f) => [securityEvents(f)],
  '8.1.3.3.d': (f) => [recordsComplete(f), securityEvents(f), alarmDelivered(f)],
  '8.1.3.4.a': (f) => [antiVirusRuns(f)],
  '8.1.3.4.b': (f) => [
    check('邮件端口', 'mail ports', f.doors, (doors) => {
      const mail = doors.filter(({ port, address }) => MAIL_PORTS.includes(port) && !isLoopback(address));
      return [named(mail.map(doorName)), mail.length === 0];
    }),
  ],
  '8.1.3.5.a': (f) => [logHolds(f), periodCovered(f), everyUserAudited(f)],
  '8.1.3.5.b': (f) => [recordsComplete(f)],
  '8.1.3.5.c': (f) => [logHolds(f), randomEntryProven(f), logFilesClosed(f), backedUp(f)],
  '8.1.3.5.d': (f) => [
    check('按来源统计的登录', 'sign-ins by source', f.audit, (a) => [
      named(Object.entries(a.signInSources).map(([from, n]) => `${from} ${n}`)),
      null,
    ]),
    check('出域事件台账', 'ledger of egress', f.outbox, ({ sent, waiting, questions }) => [
      `${sent} sent, ${waiting} waiting${questions ? `, ${questions.sent} questions` : ''}`,
      true,
    ]),
    logHolds(f),
  ],
  '8.1.3.6.a': (f) => [
    secureBoot(f),
    check('边界规则哈希', 'hash of the packet filter', f.firewall, (w) => [w.sha256.slice(0, 16), w.rules > 0]),
  ],
};
