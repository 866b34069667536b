/** What is enough for a site, pure: figures in, remarks out. The bounds are those of one machine for a small site; docs/install.md has more. */
import { good, type InBoth, remark, type Remark, same } from './remark.ts';

const CORES_WANTED = 4;
const MEMORY_NEEDED_MB = 2048;
const MEMORY_WANTED_MB = 8192;
/** An audit entry is durable before the act it announces: this is what a click of an agent waits for. */
const FSYNC_SLOW_MS = 20;
const FSYNC_BAD_MS = 500;
/** getrandom(2) blocks until the pool is ready; 256 is its full size since Linux 5.18. */
const ENTROPY_NEEDED = 200;

export function judgeCores(cores: number): Remark {
  const check: InBoth = { zh: '处理器', en: 'CPU' };
  const found: InBoth = { zh: `${cores} 个核心`, en: `${cores} core(s)` };
  if (cores >= CORES_WANTED) return good(check, found);
  return remark('warn', check, found, {
    zh: `为媒体与录音预留：建议至少 ${CORES_WANTED} 个核心，否则请限制 sip.trunks.maxCalls。`,
    en: `Give the machine ${CORES_WANTED} cores for media and recording, or lower sip.trunks.maxCalls.`,
  });
}

export function judgeMemory(totalMb: number): Remark {
  const check: InBoth = { zh: '内存', en: 'memory' };
  const found = same(`${totalMb} MB`);
  const next: InBoth = { zh: `请将内存加到 ${MEMORY_WANTED_MB} MB。`, en: `Give the machine ${MEMORY_WANTED_MB} MB.` };
  if (totalMb < MEMORY_NEEDED_MB) return remark('fail', check, found, next);
  return totalMb < MEMORY_WANTED_MB ? remark('warn', check, found, next) : good(check, found);
}

/**
 * A disk that is slow as a rule is unfit; one that once made a write wait, because somebody else copied something large, is worth a look.
 * @param middleMs the middle one of the writes that were tried @param worstMs the slowest
 */
export function judgeFsync(middleMs: number, worstMs: number, folder: string): Remark {
  const check: InBoth = { zh: '磁盘落盘延迟', en: 'fsync latency' };
  const [middle, worst] = [`${middleMs.toFixed(1)} ms`, `${worstMs.toFixed(1)} ms`];
  const found: InBoth = { zh: `${folder} 上中位 ${middle}，最慢 ${worst}`, en: `on ${folder}: ${middle} as a rule, slowest ${worst}` };
  const next: InBoth = {
    zh: '审计与台账逐条落盘：请使用带掉电保护缓存的固态盘，并检查其他程序是否占满磁盘。',
    en: 'Audit and ledgers wait for it: use an SSD with power-loss protection, and see what else writes (iostat -x 1).',
  };
  if (middleMs >= FSYNC_BAD_MS) return remark('fail', check, found, next);
  return worstMs >= FSYNC_SLOW_MS ? remark('warn', check, found, next) : good(check, found);
}

/** @param release as uname -r: Node 24 and the media worker want 4.18, nftables and the units 5.10 */
export function judgeKernel(release: string): Remark {
  const check: InBoth = { zh: '内核', en: 'kernel' };
  const [major = 0, minor = 0] = release.split('.').map(Number);
  const next: InBoth = { zh: '请升级到发行版提供的 5.10 或更新内核。', en: 'Install a kernel of 5.10 or newer from the distribution.' };
  if (major > 5 || (major === 5 && minor >= 10)) return good(check, same(release));
  return remark(major > 4 || (major === 4 && minor >= 18) ? 'warn' : 'fail', check, same(release), next);
}

export function judgeEntropy(bits: number): Remark {
  const check: InBoth = { zh: '随机数', en: 'entropy' };
  const found: InBoth = { zh: `${bits} 位可用`, en: `${bits} bits available` };
  if (bits >= ENTROPY_NEEDED) return good(check, found);
  return remark('fail', check, found, {
    zh: '虚拟机请启用 virtio-rng；物理机请安装 rng-tools。密钥不能在熵不足时生成。',
    en: 'Give the virtual machine a virtio-rng device, or install rng-tools: keys are made at the first start.',
  });
}

/** @param charmap what `locale charmap` prints */
export function judgeLocale(charmap: string): Remark {
  const check: InBoth = { zh: '字符集', en: 'locale' };
  if (charmap === 'UTF-8') return good(check, same(charmap));
  return remark('warn', check, same(charmap === '' ? '?' : charmap), {
    zh: '终端里的中文可能乱码，服务本身不受影响：localectl set-locale LANG=C.UTF-8',
    en: 'Names in Chinese may be unreadable in this terminal; the services do not mind: localectl set-locale LANG=C.UTF-8',
  });
}

/** @param active names of services that run and want the same ports or the same calls */
export function judgeConflicts(active: readonly string[]): Remark {
  const check: InBoth = { zh: '冲突的服务', en: 'conflicting services' };
  if (active.length === 0) return good(check, { zh: '无', en: 'none' });
  const names = active.join(', ');
  return remark('fail', check, same(names), {
    zh: `它们占用 SIP 端口，请停用：systemctl disable --now ${active.join(' ')}`,
    en: `They take the SIP ports: systemctl disable --now ${active.join(' ')}`,
  });
}

/** Shared library of the media worker → Debian 12 package that brings it. */
const PACKAGE_OF: Readonly<Record<string, string>> = {
  'libuv.so.1': 'libuv1',
  'libsrtp2.so.1': 'libsrtp2-1',
  'libssl.so.3': 'libssl3',
  'libcrypto.so.3': 'libssl3',
  'libnss3.so': 'libnss3',
  'libnssutil3.so': 'libnss3',
  'libnspr4.so': 'libnspr4',
  'libplc4.so': 'libnspr4',
  'libplds4.so': 'libnspr4',
  'libstdc++.so.6': 'libstdc++6',
};

/** @param ldd what ldd(1) prints of the media worker */
export function judgeLibraries(ldd: string): Remark {
  const check: InBoth = { zh: '媒体进程的共享库', en: 'libraries of the media worker' };
  const missing = [...ldd.matchAll(/^\s*(\S+) => not found$/gm)].map(([, name = '']) => name);
  if (missing.length === 0) return good(check, { zh: '齐全', en: 'all there' });
  const packages = [...new Set(missing.map((name) => PACKAGE_OF[name] ?? name))].join(' ');
  return remark('fail', check, same(missing.join(', ')), {
    zh: `请从本单位软件源安装：apt-get install --no-install-recommends ${packages}`,
    en: `Install from the mirror of your house: apt-get install --no-install-recommends ${packages}`,
  });
}

/** @param failed names that were not resolved, with the reason */
export function judgeNames(asked: number, failed: readonly string[]): Remark {
  const check: InBoth = { zh: '域名解析', en: 'DNS' };
  if (failed.length === 0)
    return good(check, asked === 0 ? { zh: '配置中没有域名', en: 'the site file holds no names' } : same(`${asked}`));
  return remark('fail', check, same(failed.join('; ')), {
    zh: '请检查 /etc/resolv.conf，或在站点配置中改用地址。',
    en: 'Check /etc/resolv.conf, or give addresses in the site file.',
  });
}

export interface SeenCertificate {
  readonly subject: string;
  readonly expiresInDays: number;
  /** Does each certificate certify the one before, up to a root this machine trusts or one that signs itself? */
  readonly whole: boolean;
}

/** @param seen undefined when there is none yet */
export function judgeCertificate(seen: SeenCertificate | undefined): Remark {
  const check: InBoth = { zh: '证书链', en: 'certificate chain' };
  if (seen === undefined) return good(check, { zh: '首次启动时生成', en: 'made at the first start' });
  const found: InBoth = { zh: `${seen.subject}，剩余 ${seen.expiresInDays} 天`, en: `${seen.subject}, ${seen.expiresInDays} day(s) left` };
  const next: InBoth = {
    zh: '请把新的私钥与完整证书链（PEM，站点证书在前）放入 site.pem。',
    en: 'Put the new key and the whole chain (PEM, the site first) into site.pem.',
  };
  if (seen.expiresInDays <= 0 || !seen.whole) return remark('fail', check, found, next);
  return seen.expiresInDays < 30 ? remark('warn', check, found, next) : good(check, found);
}
