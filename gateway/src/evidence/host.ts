/** What the machine under the site says of itself: interfaces, memory, compilers, packet filter, clock, roots of trust. */
import { createHash } from 'node:crypto';
import { readdir, readFile, statfs } from 'node:fs/promises';
import { availableParallelism, loadavg, networkInterfaces } from 'node:os';
import { delimiter, join } from 'node:path';
import type { FirewallFact, HostFact, TrustFact } from '@keepline/compliance/mlps-facts';
import { judgeFirewall } from './nftables.ts';
import { printed } from './measure.ts';
import type { SiteProcess } from './processes.ts';

const COMPILERS: readonly string[] = ['gcc', 'g++', 'clang', 'cc', 'make', 'go', 'rustc'];
const ANTI_VIRUS = /^(clamd|freshclam|savd|ds_agent|falcon-sensor|wdavdaemon|qaxsafed|edr_)/;
const text = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');

export async function hostFacts(data: string, running: readonly SiteProcess[]): Promise<HostFact> {
  const interfaces = networkInterfaces();
  const names = await readdir('/sys/class/net').catch(() => []);
  const wireless: string[] = [];
  for (const name of names)
    if ((await readdir(`/sys/class/net/${name}/wireless`).catch(() => undefined)) !== undefined) wireless.push(name);
  const routes = (await text('/proc/net/route')).split('\n').filter((line) => line.split('\t')[1] === '00000000');
  const { bavail, bsize } = await statfs(data);
  return {
    wirelessInterfaces: wireless,
    interfaces: Object.entries(interfaces).map(([name, addresses]) => `${name} ${(addresses ?? []).map(({ cidr }) => cidr).join(' ')}`),
    defaultRoutes: routes.length,
    droppedPackets: droppedIn(await text('/proc/net/dev')),
    load1: Math.round((loadavg()[0] ?? 0) * 100) / 100,
    processors: availableParallelism(),
    swapTotalKb: Number(/^SwapTotal:\s+(\d+)/m.exec(await text('/proc/meminfo'))?.[1] ?? 0),
    corePattern: (await text('/proc/sys/kernel/core_pattern')).trim(),
    suidDumpable: (await text('/proc/sys/fs/suid_dumpable')).trim(),
    randomizeVaSpace: (await text('/proc/sys/kernel/randomize_va_space')).trim(),
    freeBytes: bavail * bsize,
    compilers: await onPath(COMPILERS),
    antiVirus: [...new Set(running.map(({ name }) => name).filter((name) => ANTI_VIRUS.test(name)))],
  };
}

/** Sum of the columns `drop` of receive and transmit, proc(5). */
function droppedIn(table: string): number {
  return table
    .split('\n')
    .slice(2)
    .reduce((sum, line) => {
      const columns = (line.split(':')[1] ?? '').trim().split(/\s+/).map(Number);
      return sum + (columns[3] ?? 0) + (columns[11] ?? 0);
    }, 0);
}

async function onPath(programs: readonly string[]): Promise<string[]> {
  const found = new Set<string>();
  for (const folder of (process.env['PATH'] ?? '').split(delimiter))
    for (const name of await readdir(folder).catch(() => [])) if (programs.includes(name)) found.add(name);
  return [...found].toSorted();
}

/** @throws Error when nft is missing or may not be asked */
export async function firewallFacts(): Promise<FirewallFact> {
  const ruleset = await printed('nft', '-j', 'list', 'ruleset');
  const { nftables }: { nftables?: unknown[] } = JSON.parse(ruleset);
  return {
    ...judgeFirewall(nftables ?? []),
    sha256: createHash('sha256')
      .update(await printed('nft', '-s', 'list', 'ruleset'))
      .digest('hex'),
  };
}

/** From chrony, or from systemd, which only knows whether. @throws Error when neither can tell */
export async function clockOffsetMs(): Promise<number> {
  const faults: string[] = [];
  try {
    const fields = (await printed('chronyc', '-c', 'tracking')).split(',');
    if (fields[0] !== '00000000' && fields[0] !== '7F7F0101') return Math.round(Math.abs(Number(fields[4])) * 1000 * 1000) / 1000;
    faults.push('chrony has no source');
  } catch (thrown) {
    faults.push(thrown instanceof Error ? thrown.message : '');
  }
  try {
    const answer = (await printed('timedatectl', 'show', '-p', 'NTPSynchronized', '--value')).trim();
    if (answer === 'yes') return 0;
    faults.push('systemd says: not synchronised');
  } catch (thrown) {
    faults.push(thrown instanceof Error ? thrown.message : '');
  }
  throw new Error(faults.join('; '));
}

export async function trustFacts(): Promise<TrustFact> {
  const variables = '/sys/firmware/efi/efivars';
  const names = await readdir(variables).catch(() => undefined);
  const name = names?.find((each) => each.startsWith('SecureBoot-'));
  const bytes = name === undefined ? undefined : await readFile(join(variables, name)).catch(() => undefined);
  const tpms = await readdir('/sys/class/tpm').catch(() => []);
  return { secureBoot: bytes === undefined ? 'no UEFI variable' : bytes[4] === 1 ? 'enabled' : 'disabled', hasTpm: tpms.length > 0 };
}
