/**
 * Three machines on one switch, as network namespaces: two appliances and their witness, with a plain cable from here; keepalived moves a virtual
 * address between the appliances. A cable is pulled by taking its end down; a machine dies with all its processes. Needs root, iproute2, keepalived.
 */
import { type ChildProcess, execFileSync, spawn, type SpawnOptions } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findProgram } from '../program.ts';

const TEMPLATE = fileURLToPath(new URL('../../../ansible/roles/pair/templates/keepalived.conf.j2', import.meta.url));
export type Machine = 'a' | 'b' | 'witness';

export class PairNet {
  readonly here: string;
  readonly virtual: string;
  readonly addresses: Readonly<Record<Machine, string>>;
  readonly #tag: string;

  private constructor() {
    this.#tag = `${(process.pid % 46_656).toString(36)}${Math.floor(Math.random() * 36).toString(36)}`;
    const net = `10.${150 + Math.floor(Math.random() * 50)}.${Math.floor(Math.random() * 250)}`;
    this.here = `${net}.1`;
    this.virtual = `${net}.10`;
    this.addresses = { a: `${net}.11`, b: `${net}.12`, witness: `${net}.13` };
  }

  /** @throws ProgramMissing; Error when the machine refuses namespaces */
  static open(): PairNet {
    const net = new PairNet();
    try {
      net.#lay();
      return net;
    } catch (fault) {
      net.close();
      throw fault;
    }
  }

  #ip(...args: string[]): string {
    return execFileSync(findProgram('ip'), args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  }

  #lay(): void {
    const lan = this.#space('lan');
    this.#ip('netns', 'add', lan);
    this.#ip('-n', lan, 'link', 'add', 'switch', 'type', 'bridge');
    this.#ip('-n', lan, 'link', 'set', 'switch', 'up');
    for (const [name, address] of Object.entries(this.addresses)) {
      const space = this.#space(name);
      this.#ip('netns', 'add', space);
      this.#ip('-n', space, 'link', 'set', 'lo', 'up');
      this.#ip('-n', lan, 'link', 'add', `to-${name}`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', space);
      this.#ip('-n', lan, 'link', 'set', `to-${name}`, 'master', 'switch', 'up');
      this.#ip('-n', space, 'addr', 'add', `${address}/24`, 'dev', 'eth0');
      this.#ip('-n', space, 'link', 'set', 'eth0', 'up');
      // The gateway opens its doors on the virtual address while keepalived is still moving it.
      this.#ip('netns', 'exec', space, 'sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_nonlocal_bind');
    }
    const cable = `klp${this.#tag}`;
    this.#ip('-n', lan, 'link', 'add', 'here', 'type', 'veth', 'peer', 'name', cable);
    this.#ip('-n', lan, 'link', 'set', cable, 'netns', String(process.pid));
    this.#ip('-n', lan, 'link', 'set', 'here', 'master', 'switch', 'up');
    this.#ip('addr', 'add', `${this.here}/24`, 'dev', cable);
    this.#ip('link', 'set', cable, 'up');
  }

  /** Starts a program on a machine; the process is the program itself. */
  run(machine: Machine, command: string, args: readonly string[], options: SpawnOptions = {}): ChildProcess {
    return spawn(findProgram('ip'), ['netns', 'exec', this.#space(machine), command, ...args], options);
  }

  /** keepalived as the role sets it up. @param work folder with the file `role` */
  keepAddress(machine: 'a' | 'b', work: string, folder: string): void {
    const values: Readonly<Record<string, string>> = {
      pair_work: work,
      pair_interface: 'eth0',
      pair_router_id: '71',
      pair_virtual_address: `${this.virtual}/24`,
      pair_node: machine,
      ansible_managed: 'test',
    };
    const text = readFileSync(TEMPLATE, 'utf8').replaceAll(/\{\{ (\w+) \}\}/g, (_, name: string) => {
      const value = values[name];
      if (value === undefined) throw new Error(`the template of keepalived asks for ${name}`);
      return value;
    });
    const config = join(folder, `keepalived-${machine}.conf`);
    writeFileSync(config, text);
    const pids = ['-p', `${config}.pid`, '-r', `${config}.vrrp`];
    this.run(machine, findProgram('keepalived'), ['--dont-fork', '--log-console', '-P', '-f', config, ...pids], { stdio: 'ignore' });
  }

  /** Processes of Node on a machine that run this script. */
  pidsOf(machine: Machine, script: string): number[] {
    const pids = this.#ip('netns', 'pids', this.#space(machine)).split('\n').filter(Boolean).map(Number);
    return pids.filter((pid) => {
      const file = `/proc/${pid}/cmdline`; // gone, when it ended meanwhile
      const [program, first] = existsSync(file) ? readFileSync(file, 'utf8').split('\0') : [];
      return program === process.execPath && first === script;
    });
  }

  /** Whether the virtual address is on this machine. */
  holds(machine: 'a' | 'b'): boolean {
    return this.#ip('-n', this.#space(machine), '-4', 'addr', 'show', 'eth0').includes(`${this.virtual}/`);
  }

  unplug(machine: Machine): void {
    this.#ip('-n', this.#space('lan'), 'link', 'set', `to-${machine}`, 'down');
  }

  plug(machine: Machine): void {
    this.#ip('-n', this.#space('lan'), 'link', 'set', `to-${machine}`, 'up');
  }

  /** Power off: no packet more, every process killed, and no address left for when it is switched on again. */
  powerOff(machine: 'a' | 'b'): void {
    this.unplug(machine);
    this.#killAll(machine);
    if (this.holds(machine)) this.#ip('-n', this.#space(machine), 'addr', 'del', `${this.virtual}/24`, 'dev', 'eth0');
  }

  close(): void {
    for (const name of [...Object.keys(this.addresses), 'lan'])
      try {
        this.#killAll(name);
        this.#ip('netns', 'del', this.#space(name));
      } catch {
        // it was never made
      }
  }

  #killAll(name: string): void {
    for (const pid of this.#ip('netns', 'pids', this.#space(name)).split('\n'))
      try {
        if (pid !== '') process.kill(Number(pid), 'SIGKILL');
      } catch {
        // it ended meanwhile
      }
  }

  #space(name: string): string {
    return `klp${this.#tag}-${name}`;
  }
}
