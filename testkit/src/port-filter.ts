/** Packet loss for one TCP port of this machine, up to a black hole, while a whole site runs on the loopback. */
import { execFileSync } from 'node:child_process';
import { findProgram } from './program.ts';

/** Drops packets of one TCP port on the loopback, both ways, in a table of its own. Needs root and nftables. */
export class PortFilter {
  readonly #table = `keepline_cuts_${process.pid}`;
  readonly #port: number;

  constructor(port: number) {
    this.#port = port;
  }

  /** @param percent of the packets, each way */
  drop(percent: number): void {
    this.open();
    const dice = percent >= 100 ? '' : `numgen random mod 100 < ${percent} `;
    const rules = ['dport', 'sport'].map((side) => `tcp ${side} ${this.#port} ${dice}drop`);
    const chain = ['type filter hook input priority 0; policy accept;', ...rules].join('\n');
    this.#nft(`table inet ${this.#table} {\nchain cut {\n${chain}\n}\n}\n`);
  }

  open(): void {
    this.#nft(`table inet ${this.#table} {}\ndelete table inet ${this.#table}`);
  }

  #nft(orders: string): void {
    execFileSync(findProgram('nft'), ['-f', '-'], { input: orders, stdio: ['pipe', 'ignore', 'pipe'] });
  }
}
