/**
 * The cloud, played on this machine: a nats-server with JetStream and the reference analytics and advice workers. It can be cut, healed,
 * frozen and thawed, which is what the field does to a cloud.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { systemClock } from '@keepline/contracts/clock';
import { KeeplineError } from '@keepline/contracts/errors';
import { findProgram, type Machine } from '../machine.ts';
import { BoundedLog } from './bounded-log.ts';
import { Child, type ChildStatus } from './child.ts';
import { prepareHub } from './hub-operator.ts';
import type { DataFolder } from './data-folder.ts';
import { answers } from './port-check.ts';

const OPEN_LIMIT_MS = 15_000;
const LOOK_EVERY_MS = 50;
const WORKERS_GRACE_MS = 3000;
const SERVER_GRACE_MS = 5000;

export interface StandInOptions {
  readonly machine: Machine;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly folder: DataFolder;
  readonly site: string;
  readonly host: string;
  readonly port: number;
  readonly onChange: () => void;
  readonly say: (text: string) => void;
}

export class StandInCloud {
  readonly #server: Child;
  readonly #workers: Child;
  readonly #prepare: () => Promise<void>;
  readonly #provision: () => Promise<unknown>;
  readonly #host: string;
  readonly #port: number;

  constructor({ machine, env, folder, site, host, port, onChange, say }: StandInOptions) {
    this.#host = host;
    this.#port = port;
    const program = findProgram(machine, 'nats-server');
    if (program === undefined)
      throw new KeeplineError('UP_NATS_SERVER_MISSING', 'the stand-in cloud needs nats-server, which is not installed', {
        hint: 'apt-get install -y --no-install-recommends nats-server, or start without a cloud: ./keepline up --no-cloud',
      });
    this.#prepare = () => prepareHub(folder, { site, host, port, storeDir: join(folder.cloud, 'jetstream') });
    const config = folder.hubConfig;
    const supervised = (name: string, command: readonly [string, ...string[]]): Child =>
      new Child({
        name,
        command,
        env,
        log: new BoundedLog(join(folder.log, `${name}.log`)),
        onChange,
        onCrash: (how, delayMs) => say(`${name}: ${how}; starting it again in ${delayMs} ms`),
      });
    this.#server = supervised('cloud-hub', [program, '-c', config]);
    const workers = [machine.node, join(machine.root, 'cloud-sync/src/cloud/main.ts'), '--servers', this.url, '--site', site] as const;
    const provisioner = join(machine.root, 'cloud-sync/src/cloud/provision-cli.ts');
    this.#provision = () =>
      promisify(execFile)(machine.node, [provisioner, '--servers', this.url, '--site', site, '--credentials', folder.operatorCredentials], {
        env: { ...env },
        timeout: OPEN_LIMIT_MS,
      });
    const credentials = ['--credentials', folder.cloudCredentials, '--reading-credentials', folder.readerCredentials] as const;
    this.#workers = supervised('cloud-workers', [...workers, '--data', folder.cloud, ...credentials]);
  }

  get url(): string {
    return `nats://${this.#host.includes(':') ? `[${this.#host}]` : this.#host}:${this.#port}`;
  }

  get state(): 'running' | 'stopped' | 'frozen' {
    const { state } = this.#server.status;
    return state === 'restarting' ? 'stopped' : state;
  }

  get children(): readonly ChildStatus[] {
    return [this.#server.status, this.#workers.status];
  }

  /** Resolves when the server accepts connections. @throws KeeplineError UP_CLOUD_NOT_OPEN */
  async start(): Promise<void> {
    await this.#prepare();
    this.#server.start();
    const until = systemClock.monotonicMs() + OPEN_LIMIT_MS;
    while (!(await answers({ host: this.#host, port: this.#port }))) {
      if (this.#server.status.state === 'stopped') return; // stopped while it was starting
      if (systemClock.monotonicMs() > until)
        throw new KeeplineError(
          'UP_CLOUD_NOT_OPEN',
          `the nats-server of the stand-in cloud did not open ${this.url}\n${this.#server.lastWords}`,
          {
            hint: 'Its log is cloud-hub.log below the data folder; ./keepline up --no-cloud works without it.',
            offending: this.url,
          },
        );
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
    await this.#provision();
    this.#workers.start();
  }

  async stop(): Promise<void> {
    await this.#workers.stop(WORKERS_GRACE_MS);
    await this.#server.stop(SERVER_GRACE_MS);
  }

  freeze(): void {
    this.#workers.freeze();
    this.#server.freeze();
  }

  thaw(): void {
    this.#server.thaw();
    this.#workers.thaw();
  }

  kill(): void {
    this.#workers.kill();
    this.#server.kill();
  }
}
