/** The processes of one site: started in any order (none waits for the cloud), stopped in the order of docs/teardown.md. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '@keepline/contracts/clock';
import { KeeplineError, messageOf } from '@keepline/contracts/errors';
import { childEnvironment, type Machine } from '../machine.ts';
import { BoundedLog } from './bounded-log.ts';
import { Child } from './child.ts';
import type { CloudPlan } from './cloud-address.ts';
import type { Controlled } from './control-socket.ts';
import type { DataFolder } from './data-folder.ts';
import { type GatewayReady, readyIn } from './gateway-ready.ts';
import { writeStarted } from './left-behind.ts';
import { answers } from './port-check.ts';
import type { SiteSettings } from './site-settings.ts';
import { StandInCloud } from './stand-in-cloud.ts';
import type { CloudStatus, UpStatus } from './status.ts';

const GATEWAY_READY_LIMIT_MS = 60_000; // first start: keys, a certificate and prompts are made
const CLOUD_SYNC_OPEN_LIMIT_MS = 15_000;
const CLOUD_SYNC_GRACE_MS = 5000;
/** What the gateway may take beyond draining: closing files and sockets. */
const GATEWAY_GRACE_MS = 5000;
const LOOK_EVERY_MS = 50;

export interface SiteOptions {
  readonly machine: Machine;
  readonly folder: DataFolder;
  readonly settings: SiteSettings;
  readonly cloud: CloudPlan;
  readonly say: (text: string) => void;
  /** Called when a stop was asked for over the control socket. */
  readonly onStopAsked: () => void;
}

export class RunningSite implements Controlled {
  readonly #options: SiteOptions;
  readonly #gateway: Child;
  readonly #cloudSync: Child;
  readonly #standIn: StandInCloud | undefined;
  readonly #startedAt = new Date(systemClock.now()).toISOString();
  #ready: GatewayReady | undefined;
  #failed: string | undefined;
  /** No wait for a door goes on once the end has begun. */
  #ending = false;

  constructor(options: SiteOptions) {
    this.#options = options;
    const { machine, folder, settings, cloud } = options;
    const env = childEnvironment(machine);
    const child = (name: string, script: string, args: readonly string[], onLine?: (line: string) => void): Child =>
      new Child({
        name,
        command: [machine.node, join(machine.root, script), ...args],
        env,
        log: new BoundedLog(join(folder.log, `${name}.log`)),
        ...(onLine && { onLine }),
        onChange: this.#writeStarted,
        onCrash: (how, delayMs) => this.#crashed(name, how, delayMs),
      });
    this.#gateway = child('gateway', 'gateway/src/main.ts', ['--site', settings.file, '--data', folder.path], this.#hearGateway);
    if (cloud.kind === 'stand-in')
      this.#standIn = new StandInCloud({ ...options, ...cloud, env, site: settings.site.site, onChange: this.#writeStarted });
    const link = ['--site', settings.file, '--outbox', folder.outbox, '--socket', folder.cloudSyncSocket];
    // The stand-in makes the file when it starts; cloud-sync reads it at every dial.
    const hasProof = cloud.kind === 'stand-in' || existsSync(folder.siteCredentials);
    const proof = hasProof ? ['--credentials', folder.siteCredentials] : [];
    this.#cloudSync = child('cloud-sync', 'cloud-sync/src/main.ts', [...link, ...proof]);
  }

  /** Resolves when calls are possible. A cloud that does not come is said, not waited for. @throws KeeplineError UP_GATEWAY_FAILED */
  async start(): Promise<void> {
    this.#gateway.start();
    const standIn = this.#standIn?.start().catch((error: unknown) => this.#options.say(`${messageOf(error)}; calls work without it`));
    this.#cloudSync.start();
    await Promise.all([this.#gatewayReady(), standIn, this.#cloudSyncOpen()]);
  }

  /** Gateway first, because its last events still want to leave; it drains for `drainMs`. */
  async end(drainMs: number): Promise<void> {
    this.#ending = true;
    await this.#gateway.stop(drainMs + GATEWAY_GRACE_MS);
    await this.#cloudSync.stop(CLOUD_SYNC_GRACE_MS);
    await this.#standIn?.stop();
  }

  kill(): void {
    this.#ending = true;
    this.#gateway.kill();
    this.#cloudSync.kill();
    this.#standIn?.kill();
  }

  status(): UpStatus {
    const { folder, settings } = this.#options;
    return {
      running: true,
      pid: process.pid,
      site: settings.site.site,
      data: folder.path,
      startedAt: this.#startedAt,
      ready: { ...(this.#ready ?? { http: '', https: '', sip: '', pid: 0 }), firstPasswords: [] }, // `up` shows them at the first start
      cloud: this.#cloudStatus(),
      children: [this.#gateway.status, this.#cloudSync.status, ...(this.#standIn?.children ?? [])],
    };
  }

  /** As the gateway printed it, first passwords included. */
  get ready(): GatewayReady | undefined {
    return this.#ready;
  }

  stopCloud = (): Promise<void> => this.#cloud().stop();
  startCloud = (): Promise<void> => this.#cloud().start();
  freezeCloud = (): void => this.#cloud().freeze();
  thawCloud = (): void => this.#cloud().thaw();
  stop = (): void => this.#options.onStopAsked();

  #cloud(): StandInCloud {
    if (this.#standIn !== undefined) return this.#standIn;
    throw new KeeplineError('UP_NO_STAND_IN', 'this site runs without a stand-in cloud', {
      hint: 'Start it without --no-cloud and with a loopback address in cloud.servers.',
    });
  }

  #cloudStatus(): CloudStatus {
    const { cloud } = this.#options;
    if (this.#standIn !== undefined) return { kind: 'stand-in', state: this.#standIn.state, server: this.#standIn.url };
    return cloud.kind === 'remote'
      ? { kind: 'remote', state: 'remote', server: cloud.server }
      : { kind: 'none', state: 'none', server: '' };
  }

  #hearGateway = (line: string): void => {
    const ready = readyIn(line, this.#options.settings.site.network.address);
    if (ready === undefined) return;
    // A gateway that came back prints no first passwords; those of the first start were shown already.
    this.#ready = ready;
  };

  #crashed(name: string, how: string, delayMs: number): void {
    if (name === 'gateway' && this.#ready === undefined) this.#failed ??= how;
    this.#options.say(`${name}: ${how}; starting it again in ${delayMs} ms (log: ${join(this.#options.folder.log, `${name}.log`)})`);
  }

  #writeStarted = (): void => {
    writeStarted(
      this.#options.folder.children,
      this.status().children.flatMap((child) => child.pid ?? []),
    );
  };

  async #gatewayReady(): Promise<void> {
    const until = systemClock.monotonicMs() + GATEWAY_READY_LIMIT_MS;
    while (this.#ready === undefined && !this.#ending) {
      if (systemClock.monotonicMs() > until) this.#failed ??= `not ready within ${GATEWAY_READY_LIMIT_MS / 1000} s`;
      if (this.#failed !== undefined)
        throw new KeeplineError('UP_GATEWAY_FAILED', `the gateway did not start: ${this.#failed}\n${this.#gateway.lastWords}`, {
          hint: `The lines above are the end of ${join(this.#options.folder.log, 'gateway.log')}; ./keepline doctor checks ports and programs.`,
          offending: this.#failed,
        });
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }

  async #cloudSyncOpen(): Promise<void> {
    const until = systemClock.monotonicMs() + CLOUD_SYNC_OPEN_LIMIT_MS;
    while (!this.#ending && !(await answers({ path: this.#options.folder.cloudSyncSocket }))) {
      if (systemClock.monotonicMs() > until) {
        const log = join(this.#options.folder.log, 'cloud-sync.log');
        this.#options.say(`cloud-sync is not open yet; calls work, events wait in the outbox (log: ${log})`);
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }
}
