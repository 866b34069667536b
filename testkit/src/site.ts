/**
 * A whole site for tests, the demo and benches: the real processes, started by the launcher's own `up` on free ports and a data folder
 * of its own, or the handle of one that already runs.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { CloudWitness } from './cloud-witness.ts';
import { eventually } from './eventually.ts';
import { freeTcpPort, freeUdpPort, siteRtpRange } from './free-port.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const START_LIMIT_MS = 120_000;
const RTP_PORTS = 400;
/** A site that shares its machine with tests and browsers is slow at times and must not send their calls away for it, unless that is the test. */
const PATIENCE = { loopDelayMs: 10_000, edgeLateMs: 10_000 };
const SCRIPTED_PASSWORDS = 'scripted-agents.json';

export interface SitePlace {
  readonly data: string;
  readonly site: string;
  /** Where the desk is, such as `http://localhost:8080`. */
  readonly http: string;
  readonly sip: { readonly address: string; readonly port: number };
  /** NATS URL of the stand-in cloud; '' without one. */
  readonly cloudServer: string;
}

/** A site of which only the data folder is known, running somewhere on this machine. */
export class Site {
  readonly place: SitePlace;

  constructor(place: SitePlace) {
    this.place = place;
  }

  /** The site that runs on this data folder, if one does. */
  static async running(data: string): Promise<Site | undefined> {
    try {
      return new Site(placeOf(await control(data, 'GET', '/status'), data));
    } catch {
      return undefined;
    }
  }

  /** Passwords by agent: the first ones the gateway left, and those that scripted agents have set since (`keepPassword`). */
  passwords(): Map<string, string> {
    const files = ['first-passwords.json', SCRIPTED_PASSWORDS].map((name) => join(this.place.data, name));
    const list = files.flatMap(
      (path): Array<{ agent: string; password: string }> => (existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : []),
    );
    return new Map(list.map(({ agent, password }) => [agent, password]));
  }

  /** A scripted agent has no head to keep its password in; the next script on this data folder finds it in a file only demo and tests know. */
  keepPassword(agent: string, password: string): void {
    const path = join(this.place.data, SCRIPTED_PASSWORDS);
    const list: Array<{ agent: string; password: string }> = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : [];
    const others = list.filter((entry) => entry.agent !== agent);
    writeFileSync(path, `${JSON.stringify([...others, { agent, password }], null, 2)}\n`, { mode: 0o600 });
  }

  /** Does something to the stand-in cloud: clean stop and start, or black hole and back. */
  async cloud(act: 'stop' | 'start' | 'freeze' | 'thaw'): Promise<void> {
    await control(this.place.data, 'POST', `/cloud/${act}`);
  }

  /** Pids of the processes, by name. */
  async pids(): Promise<Map<string, number>> {
    const { children } = await control(this.place.data, 'GET', '/status');
    return new Map(children.flatMap(({ name, pid }) => (pid === undefined ? [] : [[name, pid]])));
  }

  /** Kills one process without warning; whoever supervises it notices. */
  async kill(name: 'gateway' | 'cloud-sync' | 'cloud-hub'): Promise<void> {
    const pid = (await this.pids()).get(name);
    if (pid === undefined) throw new Error(`${name} does not run`);
    process.kill(pid, 'SIGKILL');
  }

  /** Kills the gateway and waits until its successor answers. */
  async restartGateway(): Promise<void> {
    const before = (await this.pids()).get('gateway');
    await this.kill('gateway');
    await eventually(
      'the gateway is back',
      async () => {
        const now = (await this.pids()).get('gateway');
        return now !== undefined && now !== before && (await this.health());
      },
      90_000,
    );
  }

  witness(): Promise<CloudWitness> {
    return CloudWitness.connect(this.place.cloudServer, join(this.place.data, 'cloud/operator.creds'), this.place.site);
  }

  /** What cloud-sync counts of its outbox. */
  async counts(): Promise<{ produced: number; delivered: number; expired: number; quarantined: number; waiting: number }> {
    return JSON.parse(await ask({ socketPath: join(this.place.data, 'run/cloud-sync.sock'), path: '/counts' }));
  }

  /** Both ends of the way to the cloud, counted by cloud-sync. */
  async reconcile(): Promise<{ verdict: string; counts: { waiting: number }; stream: number | null }> {
    return JSON.parse(await ask({ socketPath: join(this.place.data, 'run/cloud-sync.sock'), path: '/reconcile' }));
  }

  async health(): Promise<Record<string, unknown>> {
    return JSON.parse(await ask(`${this.place.http}/api/health`));
  }
}

/** A site this process started and must end. */
export class OwnSite extends Site {
  readonly #up: ChildProcess;
  /** A test that dies of an exception takes its site with it. */
  readonly #endWithUs = (): void => void this.#up.kill('SIGTERM');

  private constructor(place: SitePlace, up: ChildProcess) {
    super(place);
    this.#up = up;
    process.once('exit', this.#endWithUs);
  }

  /**
   * @param document settings on top of free ports, as in site.yaml
   * @param say gets every line `up` writes for people
   */
  static async start(
    data: string,
    document: Record<string, object | string | number> = {},
    say: (line: string) => void = () => {},
  ): Promise<OwnSite> {
    const file = join(data, 'site.yaml');
    writeFileSync(file, stringify(await withFreePorts(document)));
    const launcher = join(ROOT, 'installer/src/launcher/main.ts');
    const up = spawn(process.execPath, [launcher, 'up', '--data', data, '--site', file, '--json'], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const told: string[] = [];
    createInterface({ input: up.stderr }).on('line', (line) => {
      told.push(line);
      if (told.length > 200) told.shift();
      say(line);
    });
    const ready = Promise.withResolvers<void>();
    createInterface({ input: up.stdout }).on('line', (line) => line.startsWith('{"ready"') && ready.resolve());
    up.once('exit', (code) => ready.reject(new Error(`up ended with ${code}:\n${told.join('\n')}`)));
    const limit = setTimeout(() => ready.reject(new Error(`up was not ready in time:\n${told.join('\n')}`)), START_LIMIT_MS);
    try {
      await ready.promise;
    } catch (error) {
      up.kill('SIGKILL');
      throw error;
    } finally {
      clearTimeout(limit);
    }
    return new OwnSite(placeOf(await control(data, 'GET', '/status'), data), up);
  }

  /** Ends it as Ctrl-C would; resolves with the exit status. */
  async close(): Promise<number> {
    process.off('exit', this.#endWithUs);
    if (this.#up.exitCode !== null || this.#up.signalCode !== null) return this.#up.exitCode ?? 1;
    const gone = once(this.#up, 'exit');
    this.#up.kill('SIGTERM');
    const [code] = await gone;
    return typeof code === 'number' ? code : 1;
  }
}

interface UpStatus {
  readonly site: string;
  readonly ready: { readonly http: string; readonly sip: string };
  readonly cloud: { readonly server: string };
  readonly children: ReadonlyArray<{ readonly name: string; readonly pid?: number }>;
}

function placeOf(status: UpStatus, data: string): SitePlace {
  const [, address = '127.0.0.1', port = '5060'] = /sip:(?:[^@]*@)?([\d.]+):(\d+)/.exec(status.ready.sip) ?? [];
  return { data, site: status.site, http: status.ready.http, sip: { address, port: Number(port) }, cloudServer: status.cloud.server };
}

async function control(data: string, method: string, path: string): Promise<UpStatus> {
  return JSON.parse(await ask({ socketPath: join(data, 'run/up.sock'), path, method }));
}

function ask(where: string | { socketPath: string; path: string; method?: string }): Promise<string> {
  return new Promise((resolve, reject) => {
    const question = request(where, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => (text += part));
      response.on('error', reject);
      response.on('end', () => (response.statusCode === 200 ? resolve(text) : reject(new Error(`${response.statusCode}: ${text}`))));
    });
    question.setTimeout(60_000, () => question.destroy(new Error('no answer within 60 s')));
    question.on('error', reject);
    question.end();
  });
}

/** Ports that were free a moment ago (fixed ones, so that a gateway that is killed comes back at the same place), and patience. */
async function withFreePorts(document: Record<string, object | string | number>): Promise<object> {
  const { network, sip, web, media, cloud, overload, ...rest } = document;
  const rtpPortMin = siteRtpRange(RTP_PORTS);
  return {
    ...rest,
    network: { address: '127.0.0.1', ...objectOf(network) },
    sip: { port: await freeUdpPort(), ...objectOf(sip) },
    web: { httpPort: await freeTcpPort(), httpsPort: await freeTcpPort(), ...objectOf(web) },
    media: { rtpPortMin, rtpPortMax: rtpPortMin + RTP_PORTS - 1, webRtcPort: await freeUdpPort(), ...objectOf(media) },
    overload: { ...PATIENCE, ...objectOf(overload) },
    cloud: { servers: [`nats://127.0.0.1:${await freeTcpPort()}`], stableSeconds: 2, ...objectOf(cloud) },
  };
}

const objectOf = (value: object | string | number | undefined): object => (typeof value === 'object' ? value : {});
