/** `up` from lock to last child: one per data folder, in the foreground, until Ctrl-C, SIGTERM or a stop over the control socket. */
import { existsSync } from 'node:fs';
import { KeeplineError } from '@keepline/contracts/errors';
import type { Machine } from '../machine.ts';
import { tryLock } from '../pid-lock.ts';
import { announcement } from './announcement.ts';
import { type CloudPlan, cloudPlan } from './cloud-address.ts';
import { openControlSocket } from './control-socket.ts';
import { type DataFolder, makeFolders } from './data-folder.ts';
import { endLeftBehind } from './left-behind.ts';
import { tryTcpPort } from './port-check.ts';
import { RunningSite } from './running-site.ts';
import { siteSettings, withCloudServer } from './site-settings.ts';

export interface UpOptions {
  readonly machine: Machine;
  readonly say: (text: string) => void;
  readonly folder: DataFolder;
  readonly siteFile: string | undefined;
  /** False: no stand-in cloud. */
  readonly cloud: boolean;
  /** One line of JSON on stdout when ready, instead of the page for people. */
  readonly json: boolean;
}

/** @throws KeeplineError UP_ALREADY_RUNNING, UP_CLOUD_PORT_TAKEN, UP_CREDENTIALS_MISSING, UP_GATEWAY_FAILED and those of the site file */
export async function runUp(options: UpOptions): Promise<number> {
  const { folder, say } = options;
  makeFolders(folder);
  const lock = tryLock(folder.lock);
  if ('heldBy' in lock)
    throw new KeeplineError('UP_ALREADY_RUNNING', `a site runs already on ${folder.path} (pid ${lock.heldBy})`, {
      hint: `Use it (./keepline status), stop it (kill ${lock.heldBy}), or give another folder with --data and other ports.`,
      offending: lock.heldBy,
    });
  try {
    const orphans = await endLeftBehind(folder.children);
    if (orphans > 0) say(`ended ${orphans} process(es) that an up which was killed had left behind`);
    await runLocked(options);
    return 0;
  } finally {
    lock.release();
  }
}

async function runLocked({ machine, say, folder, siteFile, cloud: wanted, json }: UpOptions): Promise<void> {
  const given = siteSettings(folder, siteFile);
  const cloud = await openPort(cloudPlan(given.site.cloud.servers, wanted));
  if (cloud.kind === 'remote' && !existsSync(folder.siteCredentials)) throw credentialsMissing(folder, cloud.server);
  const settings =
    cloud.kind === 'stand-in' && cloud.chosen ? withCloudServer(folder, given.site, `nats://${cloud.host}:${cloud.port}`) : given;

  const stopping = stopSignals();
  const site = new RunningSite({ machine, folder, settings, cloud, say, onStopAsked: stopping.ask });
  stopping.onSecond(() => {
    say('stopping at once; calls in progress are cut');
    site.kill();
  });
  const drainMs = settings.site.shutdownSeconds * 1000;
  const control = await openControlSocket(folder.upSocket, site);
  try {
    const started = site.start();
    started.catch(() => undefined); // told through the race; a stop that wins it must not leave an unhandled rejection
    await Promise.race([started, stopping.asked]);
    if (site.ready !== undefined && !stopping.isAsked()) {
      const status = { ...site.status(), ready: site.ready };
      console.log(
        json
          ? JSON.stringify({ ready: { ...status.ready, control: folder.upSocket, data: folder.path, cloud: status.cloud } })
          : announcement(status),
      );
    }
    await stopping.asked;
    say(`stopping; calls in progress may go on for ${settings.site.shutdownSeconds} s (again to stop at once)`);
    await site.end(drainMs);
    say('stopped');
  } catch (error) {
    await site.end(0);
    throw error;
  } finally {
    control.close();
    control.closeAllConnections();
    stopping.release();
  }
}

/** `chosen`: the site file left the port open (0) and a free one was taken. */
type OpenCloud = Exclude<CloudPlan, { kind: 'stand-in' }> | (Extract<CloudPlan, { kind: 'stand-in' }> & { readonly chosen: boolean });

async function openPort(plan: CloudPlan): Promise<OpenCloud> {
  if (plan.kind !== 'stand-in') return plan;
  const port = await tryTcpPort(plan.host, plan.port);
  if (typeof port === 'number') return { ...plan, port, chosen: plan.port === 0 };
  throw new KeeplineError('UP_CLOUD_PORT_TAKEN', `the stand-in cloud cannot take ${plan.host}:${plan.port} (${port})`, {
    hint: `See who has it: ss -ltnp "sport = :${plan.port}"; or put another port into cloud.servers of site.yaml (0 takes a free one), or use --no-cloud.`,
    offending: plan.port,
  });
}

function credentialsMissing(folder: DataFolder, server: string): KeeplineError {
  return new KeeplineError('UP_CREDENTIALS_MISSING', `${server} wants credentials and ${folder.siteCredentials} does not exist`, {
    hint: 'Ask the cloud side to sign the key that ./keepline cloud credentials rotate shows, then give its answer: ./keepline cloud credentials rotate --file FILE.',
    offending: folder.siteCredentials,
  });
}

interface Stopping {
  readonly asked: Promise<void>;
  isAsked(): boolean;
  readonly ask: () => void;
  onSecond(act: () => void): void;
  release(): void;
}

function stopSignals(): Stopping {
  const { promise, resolve } = Promise.withResolvers<void>();
  let times = 0;
  let second: () => void = () => undefined;
  const ask = (): void => {
    times += 1;
    if (times === 1) resolve();
    else second();
  };
  process.on('SIGINT', ask).on('SIGTERM', ask).on('SIGHUP', ask);
  return {
    asked: promise,
    isAsked: () => times > 0,
    ask,
    onSecond: (act) => {
      second = act;
    },
    release: () => void process.off('SIGINT', ask).off('SIGTERM', ask).off('SIGHUP', ask),
  };
}
