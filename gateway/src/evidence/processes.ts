/** The processes of this site, found by the files they hold open, and every socket of the machine with its owner. From /proc. */
import { readdir, readFile, readlink } from 'node:fs/promises';
import { sep } from 'node:path';
import type { Connection, Door, ProcessFact } from '@keepline/compliance/mlps-facts';
import { type SocketRow, socketRows } from './proc-net.ts';

export interface SiteProcess {
  readonly pid: number;
  readonly name: string;
  readonly isOurs: boolean;
  readonly sockets: readonly string[];
}
const OURS = /(gateway|cloud-sync)\/src\/main\.ts/;

/** @param data the data folder: whoever has a file below it open is of this site, and so are the children of such a process */
export async function processes(data: string): Promise<readonly SiteProcess[]> {
  const found: (SiteProcess & { readonly parent: number; readonly holds: boolean })[] = [];
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry) || Number(entry) === process.pid) continue;
    const files = await openFiles(entry);
    const status = await readFile(`/proc/${entry}/status`, 'utf8').catch(() => '');
    if (status === '') continue; // it ended meanwhile
    const command = (await readFile(`/proc/${entry}/cmdline`, 'utf8').catch(() => '')).replaceAll('\0', ' ');
    const holds = files.some((path) => path.startsWith(data + sep) && /\.db(-wal)?$|entries\.|\.sock$/.test(path));
    found.push({
      pid: Number(entry),
      name: OURS.exec(command)?.[1] ?? /^Name:\s+(.*)$/m.exec(status)?.[1] ?? '',
      parent: Number(/^PPid:\s+(\d+)/m.exec(status)?.[1] ?? 0),
      sockets: files.flatMap((path) => /^socket:\[(\d+)\]$/.exec(path)?.[1] ?? []),
      holds,
      isOurs: false,
    });
  }
  const ours = new Set(found.filter(({ holds }) => holds).map(({ pid }) => pid));
  for (const { pid, parent } of found.toSorted((a, b) => a.pid - b.pid)) if (ours.has(parent)) ours.add(pid);
  return found.map(({ pid, name, sockets }) => ({ pid, name, sockets, isOurs: ours.has(pid) }));
}

async function openFiles(pid: string): Promise<string[]> {
  const names = await readdir(`/proc/${pid}/fd`).catch(() => []); // of another user
  return Promise.all(names.map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => '')));
}

/** Doors: TCP sockets that listen and UDP sockets without a peer. Connections: established TCP of our processes. */
export async function sockets(running: readonly SiteProcess[]): Promise<{ readonly doors: Door[]; readonly connections: Connection[] }> {
  const owners = new Map(running.flatMap((each) => each.sockets.map((inode) => [inode, each] as const)));
  const table = async (name: string): Promise<SocketRow[]> => socketRows(await readFile(`/proc/net/${name}`, 'utf8').catch(() => ''));
  const tcp = [...(await table('tcp')), ...(await table('tcp6'))];
  const udp = [...(await table('udp')), ...(await table('udp6'))];
  if (tcp.length + udp.length === 0) throw new Error('/proc/net shows no sockets');
  const doorOf = (protocol: Door['protocol'], { address, port, inode }: SocketRow): Door => {
    const owner = owners.get(inode);
    return { protocol, address, port, isOurs: owner?.isOurs ?? false, process: owner?.name ?? '' };
  };
  const doors = [
    ...tcp.filter(({ state }) => state === '0A').map((row) => doorOf('tcp', row)),
    ...udp.filter(({ state }) => state === '07').map((row) => doorOf('udp', row)),
  ];
  const connections = tcp
    .filter(({ state, inode }) => state === '01' && owners.get(inode)?.isOurs === true)
    // a connection somebody made to one of our doors is not ours to the outside
    .filter(({ port }) => !doors.some((door) => door.protocol === 'tcp' && door.port === port))
    .map(({ remoteAddress, remotePort, inode }) => ({ process: owners.get(inode)?.name ?? '', remote: remoteAddress, port: remotePort }));
  return { doors, connections };
}

export async function processFacts(running: readonly SiteProcess[]): Promise<ProcessFact[]> {
  const facts: ProcessFact[] = [];
  for (const { pid, name, isOurs } of running) {
    if (!isOurs) continue;
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
    const limits = await readFile(`/proc/${pid}/limits`, 'utf8').catch(() => '');
    if (status === '') continue;
    facts.push({
      name,
      uid: Number(/^Uid:\s+\d+\s+(\d+)/m.exec(status)?.[1] ?? -1),
      coreLimit: /^Max core file size\s+(\S+)/m.exec(limits)?.[1] ?? 'unknown',
      noNewPrivileges: /^NoNewPrivs:\s+1/m.test(status),
      seccomp: /^Seccomp:\s+[12]/m.test(status),
    });
  }
  return facts;
}
