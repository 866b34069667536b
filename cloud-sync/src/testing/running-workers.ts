/** Test support: the real process of the cloud's services. Not imported by the product. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Hub } from '@keepline/testkit/nats-server';

const MAIN = fileURLToPath(new URL('../cloud/main.ts', import.meta.url));

export interface RunningWorkers {
  readonly process: ChildProcess;
  /** Of its HTTP door. */
  readonly url: string;
  /** Resolves with the exit code, null after a signal. */
  readonly exited: Promise<number | null>;
}

/** Starts the services for the site `demo` and waits until they answer. */
export async function runWorkers(hub: Hub, data: string, more: readonly string[] = []): Promise<RunningWorkers> {
  const credentials = ['--credentials', hub.cloudCredentials.file, '--reading-credentials', hub.readerCredentials.file];
  const given = [MAIN, '--servers', hub.url, '--site', 'demo', '--data', data, ...credentials, ...more];
  const child = spawn(process.execPath, given, { stdio: ['ignore', 'pipe', 'inherit'] });
  let log = '';
  child.stdout.on('data', (part: Buffer) => (log += part.toString()));
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  while (!log.includes('cloud workers ready')) {
    if (child.exitCode !== null) throw new Error(`the workers ended at once:\n${log}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return { process: child, exited, url: /"url":"([^"]+)"/.exec(log)?.[1] ?? '' };
}
