/** A pair as it is installed, on machines of its own, with a cloud and the phone of an agent; for the test of the pair. */
import { type ChildProcess, execFile, execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { listEntries } from '@keepline/compliance/audit-list';
import { verifyAuditLog } from '@keepline/compliance/audit-verify';
import { readKeyStore } from '@keepline/compliance/keys';
import { Baresip } from '@keepline/testkit/baresip';
import { CloudWitness } from '@keepline/testkit/cloud-witness';
import { eventually } from '@keepline/testkit/eventually';
import { type Hub, startHub } from '@keepline/testkit/nats-server';
import { PairNet } from '@keepline/testkit/pair-net';
import { writeShortFlow } from '@keepline/testkit/short-flow';
import { tempDir } from '@keepline/testkit/temp-dir';
import { stringify } from 'yaml';
import { order } from '../gateway/src/pair/orders-door.ts';
import type { PairStatus } from '../gateway/src/pair/pair-status.ts';
import { Connection } from '../gateway/src/store/connection.ts';
import { ROOT } from './source-files.ts';

export const PHONE_HZ = 700;
const SITE = 'north';
const PORT = 7900;
const PASSWORD = 'correct-horse';
type Node = 'a' | 'b';
const AGAIN = 'while :; do "$@"; sleep 0.3; done';

export interface Audited {
  readonly act: string;
  readonly object: string;
  readonly purpose: string;
  readonly outcome: string;
  readonly correlation: string;
  readonly time: string;
}

export class PairSite {
  readonly net = PairNet.open();
  /** Longer than a site has them: a machine of CI is busier than an appliance, and a late timer would be one more failure. */
  readonly leaseSeconds = Number(process.env['KEEPLINE_PAIR_LEASE'] ?? 4);
  readonly lossBoundSeconds = Math.max(10, 4 * this.leaseSeconds);
  readonly #work = tempDir();
  readonly #children: ChildProcess[] = [];
  readonly #logs = new Map<string, string>();
  #hub: Hub | undefined;
  #cloud: CloudWitness | undefined;
  #phone: Baresip | undefined;

  static async open(): Promise<PairSite> {
    const pair = new PairSite();
    try {
      await pair.#open();
      return pair;
    } catch (fault) {
      await pair.close();
      throw new Error(`the pair did not start:\n${[...pair.#logs.values()].join('\n').slice(-4000)}`, { cause: fault });
    }
  }

  async #open(): Promise<void> {
    const { net } = this;
    const hub = await startHub({ site: SITE, reach: 'everywhere' });
    this.#hub = hub;
    const provision = ['cloud-sync/src/cloud/provision-cli.ts', '--servers', hub.url, '--site', SITE];
    execFileSync(process.execPath, [...provision, '--credentials', hub.operatorCredentials.file], { cwd: ROOT, stdio: 'pipe' });
    this.#cloud = await CloudWitness.connect(hub.url, hub.operatorCredentials.file, SITE);
    for (const name of ['pair.key', 'witness.key']) writeFileSync(this.#at(name), randomBytes(32).toString('base64'));
    writeFileSync(this.#at('site.yaml'), stringify(this.#site(hub.port)));
    mkdirSync(this.data('a'), { recursive: true });
    writeShortFlow(this.data('a'));
    writeFileSync(join(this.data('a'), 'sip-secrets.yaml'), stringify({ phones: { desk: { password: PASSWORD } } }), { mode: 0o600 });
    for (const name of ['witness', 'a', 'b'] as const) this.boot(name);
    await eventually(
      'a serves',
      async () => (await this.status('a'))?.role === 'serving' && (await this.gatewayAnswers('a')),
      150_000,
      200,
    );
    const registers = { address: net.virtual, port: this.sip.port, password: PASSWORD };
    const folder = this.#at('phone');
    this.#phone = await Baresip.start({ folder, transport: 'udp', codec: 'PCMA', hz: PHONE_HZ, number: 'desk', at: net.here, registers });
  }

  get sip(): { readonly address: string; readonly port: number } {
    return { address: this.net.virtual, port: 5060 };
  }
  folder(node: Node): string {
    return this.#at(node);
  }
  data(node: Node): string {
    return join(this.folder(node), 'data');
  }

  /** Switches a machine on: its daemons as their units start them. */
  boot(name: Node | 'witness'): void {
    this.net.plug(name);
    const folder = this.#at(name);
    mkdirSync(folder, { recursive: true });
    const config = join(folder, 'pair.yaml');
    const place = (of: Node | 'witness'): string => `${this.net.addresses[of]}:${PORT}`;
    const own = {
      node: name,
      listen: place(name),
      work: join(folder, 'work'),
      leaseSeconds: this.leaseSeconds,
      witnessKeyFile: '../witness.key',
    };
    const cli = 'gateway/src/pair-cli.ts';
    if (name === 'witness') {
      writeFileSync(config, stringify(own));
      return this.#run(name, 'pair', [cli, 'witness', '--config', config]);
    }
    const { lossBoundSeconds } = this;
    const others = { peer: place(name === 'a' ? 'b' : 'a'), witness: place('witness'), pairKeyFile: '../pair.key' };
    const data = this.data(name);
    writeFileSync(config, stringify({ ...own, ...others, data, lossBoundSeconds }));
    const siteFile = ['--site', this.#at('site.yaml')];
    const gateway = [process.execPath, 'gateway/src/main.ts', ...siteFile, '--data', data, '--on-order'];
    this.#run(name, 'pair', [cli, 'run', '--config', config, '--', ...gateway], 'again');
    const link = ['--outbox', join(data, 'outbox.db'), '--socket', join(data, 'run/cloud-sync.sock'), '--uplink', join(data, 'run/uplink')];
    const credentials = ['--credentials', this.#hub?.siteCredentials.file ?? ''];
    this.#run(name, 'cloud-sync', ['cloud-sync/src/main.ts', ...siteFile, ...link, ...credentials], 'again');
    this.net.keepAddress(name, own.work, this.#at('.'));
  }

  /** `kill -9` of one process on a machine; its supervisor goes on. @returns its pid */
  kill(node: Node, what: 'gateway' | 'pair daemon'): number {
    // Of a gateway that serves there is one, and beside it none that waits.
    const [pid = 0] = this.net.pidsOf(node, what === 'gateway' ? 'gateway/src/main.ts' : 'gateway/src/pair-cli.ts');
    if (pid > 0) process.kill(pid, 'SIGKILL');
    return pid;
  }

  status(node: Node): Promise<PairStatus | undefined> {
    return order(join(this.folder(node), 'work'), 'status').catch(() => undefined);
  }

  /** `./keepline pair VERB` on that machine. @throws Error with what it said */
  async command(node: Node, ...words: string[]): Promise<string> {
    const script = ['gateway/src/pair-cli.ts', ...words, '--config', join(this.folder(node), 'pair.yaml')];
    try {
      return (await promisify(execFile)(process.execPath, script, { cwd: ROOT })).stdout;
    } catch (fault) {
      const { stderr = '' } = fault as { stderr?: string };
      throw new Error(stderr, { cause: fault });
    }
  }

  async auditOf(node: Node): Promise<Audited[]> {
    const entries = await listEntries(join(this.data(node), 'audit'), { limit: 10_000 });
    const text = (value: unknown): string => (typeof value === 'string' ? value : '');
    return entries.map(({ act, object, purpose, outcome, correlation, time }) => ({
      ...{ act: text(act), object: text(object), purpose: text(purpose) },
      ...{ outcome: text(outcome), correlation: text(correlation), time: text(time) },
    }));
  }
  async auditVerifies(node: Node): Promise<boolean> {
    const keys = await readKeyStore(join(this.data(node), 'keys'));
    return (await verifyAuditLog(join(this.data(node), 'audit'), keys.auditSigner().verifierKey)).ok;
  }

  /** Ids of the events in the cloud, in their order. */
  async inCloud(): Promise<string[]> {
    return ((await this.#cloud?.events()) ?? []).map(({ id }) => id);
  }
  /** How many events the site on this machine had for the cloud. */
  async produced(node: Node): Promise<number> {
    const outbox = await Connection.open(join(this.data(node), 'outbox.db'));
    try {
      return (await outbox.get<{ produced: number }>('SELECT produced FROM progress'))?.produced ?? -1;
    } finally {
      await outbox.close();
    }
  }

  linkAnswers(node: Node): Promise<boolean> {
    return answers({ socketPath: join(this.data(node), 'run/cloud-sync.sock'), path: '/link' });
  }
  async gatewayAnswers(node: Node): Promise<boolean> {
    const asked = this.net.run(node, process.execPath, [
      '-e',
      `fetch('http://127.0.0.1:8080/api/health').then(() => process.exit(0), () => process.exit(1))`,
    ]);
    return new Promise((resolve) => asked.once('exit', (code) => resolve(code === 0)));
  }

  async close(): Promise<void> {
    await this.#phone?.close();
    await this.#cloud?.close();
    this.net.close();
    for (const child of this.#children) child.kill('SIGKILL');
    await this.#hub?.close();
    const keep = process.env['KEEPLINE_PAIR_LOG'];
    if (keep) for (const [name, text] of this.#logs) writeFileSync(join(keep, `${name}.log`), text);
    this.#work.remove();
  }

  #run(name: Node | 'witness', what: string, script: readonly string[], how: 'once' | 'again' = 'once'): void {
    const words = [process.execPath, ...script];
    const [command = '', ...args] = how === 'again' ? ['sh', '-c', AGAIN, 'sh', ...words] : words;
    const child = this.net.run(name, command, args, { stdio: ['ignore', 'pipe', 'pipe'], cwd: ROOT });
    const key = `${name}-${what}`;
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (piece: Buffer) => this.#logs.set(key, `${this.#logs.get(key) ?? ''}${piece.toString()}`.slice(-200_000)));
    this.#children.push(child);
  }

  #site(cloudPort: number): object {
    const { net } = this;
    return {
      site: SITE,
      network: { address: net.virtual },
      // The baresip of this distribution knows no SHA-256 and gives up where it is offered.
      sip: { port: this.sip.port, trunks: [{ name: 'carrier', sources: [`${net.here}/32`] }], digestAlgorithms: ['MD5'] },
      cloud: { servers: [`nats://${net.here}:${cloudPort}`], stableSeconds: 2 },
      shutdownSeconds: 2,
      agents: [{ id: 'desk', name: 'Desk', skills: ['cards'], queues: ['service'], phone: 'registered' }],
    };
  }
  #at(name: string): string {
    return join(this.#work.path, name);
  }
}

function answers(where: { readonly socketPath: string; readonly path: string }): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request({ ...where, agent: false }, (reply) => {
      reply.resume();
      resolve(true);
    });
    asked.once('error', () => resolve(false)).end();
  });
}
