/** What a site needs beside hardware, pure: a right clock, descriptors, free ports, trunks that answer, a second person. Figures in, remarks out. */
import { good, type InBoth, remark, type Remark, same } from './remark.ts';

const DESCRIPTORS_NEEDED = 65_536; // LimitNOFILE of the unit, which cannot exceed the kernel's

/** @param answer of timedatectl on NTPSynchronized: `yes`, `no`, anything else for unknown */
export function judgeClock(answer: string): Remark {
  const check: InBoth = { zh: '时钟同步', en: 'clock' };
  if (answer === 'yes') return good(check, { zh: '已同步', en: 'synchronised' });
  return remark('warn', check, answer === 'no' ? { zh: '未同步', en: 'not synchronised' } : { zh: '无法判断', en: 'cannot be told here' }, {
    zh: '动态口令、证书和证据都依赖正确时间：配置本单位时间服务器后执行 timedatectl set-ntp true',
    en: 'One-time passwords, certificates and evidence need it: name the time servers of your house, then timedatectl set-ntp true',
  });
}

/** @param perProcess fs.nr_open: what one process may have at most */
export function judgeDescriptors(perProcess: number): Remark {
  const check: InBoth = { zh: '文件描述符上限', en: 'file descriptors' };
  if (perProcess >= DESCRIPTORS_NEEDED) return good(check, same(`${perProcess}`));
  return remark('fail', check, same(`${perProcess}`), {
    zh: `请执行 sysctl -w fs.nr_open=${DESCRIPTORS_NEEDED * 16} 并写入 /etc/sysctl.d。`,
    en: `Raise it: sysctl -w fs.nr_open=${DESCRIPTORS_NEEDED * 16}, and keep it in /etc/sysctl.d.`,
  });
}

export interface TakenPort {
  readonly setting: string;
  readonly transport: 'tcp' | 'udp';
  readonly host: string;
  readonly port: number;
  /** As the kernel says it, such as EADDRINUSE. */
  readonly why: string;
}

/** @param taken ports the site would open and cannot; none while the site itself runs */
export function judgePorts(taken: readonly TakenPort[]): Remark {
  const check: InBoth = { zh: '端口', en: 'ports' };
  const [first] = taken;
  if (first === undefined) return good(check, { zh: '可用', en: 'free' });
  const found = same(taken.map(({ setting, transport, host, port, why }) => `${setting} ${transport} ${host}:${port} ${why}`).join('; '));
  if (taken.some(({ why }) => why === 'EADDRNOTAVAIL'))
    return remark('fail', check, found, {
      zh: 'network.address 不是本机地址；请查看 ip -brief address',
      en: 'network.address is not an address of this machine; see: ip -brief address',
    });
  const look = `ss -${first.transport === 'tcp' ? 'ltnp' : 'lunp'} "sport = :${first.port}"`;
  return remark('fail', check, found, {
    zh: `查看占用者并停用，或修改站点配置：${look}`,
    en: `See who has it, end it, or change the setting: ${look}`,
  });
}

/** @param silent trunks that were asked by OPTIONS and did not answer, with the reason; any SIP answer is one (RFC 3261 §11) */
export function judgeTrunks(asked: number, silent: readonly string[]): Remark {
  const check: InBoth = { zh: '中继可达', en: 'trunks' };
  if (silent.length === 0) return good(check, asked === 0 ? { zh: '没有可询问的中继', en: 'none to ask' } : same(`${asked}`));
  return remark('warn', check, same(silent.join('; ')), {
    zh: '请检查运营商是否放行本机地址、防火墙与路由；见 docs/runbook/trunk-down.md',
    en: 'Does the carrier admit this address, do firewall and route let it through? docs/runbook/trunk-down.md',
  });
}

/** @param acts of `identity.fourEyes` @param all there are */
export function judgeFourEyes(acts: readonly string[], all: readonly string[]): Remark {
  const check: InBoth = { zh: '双人复核', en: 'four eyes' };
  const missing = all.filter((act) => !acts.includes(act));
  if (missing.length === 0) return good(check, same(`${all.length}`));
  const found: InBoth = { zh: `未启用：${missing.join('、')}`, en: `one person alone may: ${missing.join(', ')}` };
  return remark('warn', check, found, {
    zh: `在站点配置中加入 identity.fourEyes: [${all.join(', ')}]`,
    en: `Put identity.fourEyes: [${all.join(', ')}] into the site file`,
  });
}
