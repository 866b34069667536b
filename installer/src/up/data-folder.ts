/** The layout of a data folder: everything a site writes lies below one path. */
import { lstatSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { KeeplineError } from '@keepline/contracts/errors';

/** Room for the path of a unix socket: sun_path has 108 bytes on Linux with the closing zero, 104 elsewhere (unix(7)). */
const SOCKET_PATH_BYTES = 103;

export interface DataFolder {
  readonly path: string;
  readonly siteFile: string;
  readonly outbox: string;
  readonly log: string;
  readonly cloud: string;
  readonly run: string;
  /** Held by the running `up`. */
  readonly lock: string;
  readonly upSocket: string;
  readonly cloudSyncSocket: string;
  /** What `cloud-sync` shows the cloud: the one secret it is handed. */
  readonly siteCredentials: string;
  /** An installed `cloud-sync` is another user, which reads them by the group of their folder. */
  readonly credentialsMode: number;
  /** Of the stand-in cloud's running workers, who answer. */
  readonly cloudCredentials: string;
  /** Of the same workers where they read the stream. */
  readonly readerCredentials: string;
  /** Of who publishes downlinks of the stand-in cloud. */
  readonly publisherCredentials: string;
  /** Of who makes streams of the stand-in cloud; no running process has it. */
  readonly operatorCredentials: string;
  /** Operator and account seeds of the stand-in cloud. */
  readonly hubOperator: string;
  readonly hubConfig: string;
  readonly keys: string;
  /** What the running `up` started, so that the next one can end what a killed one left behind. */
  readonly children: string;
}

/** `given` is relative to the working folder; without it, `var` in the project. */
export function dataFolder(root: string, given: string | undefined): DataFolder {
  const path = given === undefined ? join(root, 'var') : resolve(given);
  const at = (...parts: string[]): string => join(path, ...parts);
  // `install` puts what gateway and cloud-sync share behind this link (install/wanted.ts).
  const isInstalled = lstatSync(at('run'), { throwIfNoEntry: false })?.isSymbolicLink() === true;
  return {
    path,
    siteFile: at('site.yaml'),
    outbox: at('outbox.db'),
    log: at('log'),
    cloud: at('cloud'),
    run: at('run'),
    lock: at('run/up.pid'),
    upSocket: at('run/up.sock'),
    cloudSyncSocket: at('run/cloud-sync.sock'),
    siteCredentials: isInstalled ? at('run/cloud.creds') : at('cloud/site.creds'),
    credentialsMode: isInstalled ? 0o640 : 0o600,
    cloudCredentials: at('cloud/workers.creds'),
    readerCredentials: at('cloud/reader.creds'),
    publisherCredentials: at('cloud/publisher.creds'),
    operatorCredentials: at('cloud/operator.creds'),
    hubOperator: at('cloud/hub-operator.json'),
    hubConfig: at('cloud/hub.conf'),
    keys: at('keys'),
    children: at('run/children.json'),
  };
}

/** Makes the folders, closed to other users: recordings and keys lie below. @throws KeeplineError UP_PATH_TOO_LONG */
export function makeFolders(folder: DataFolder): void {
  if (Buffer.byteLength(folder.cloudSyncSocket) > SOCKET_PATH_BYTES)
    throw new KeeplineError('UP_PATH_TOO_LONG', `${folder.cloudSyncSocket} is too long for a unix socket (${SOCKET_PATH_BYTES} bytes)`, {
      hint: 'Choose a data folder with a shorter path: --data DIR',
      offending: folder.path,
    });
  for (const path of [folder.path, folder.run, folder.log, folder.cloud, folder.keys]) mkdirSync(path, { recursive: true, mode: 0o700 });
}
