/**
 * Waits until the gateway answers on its health door; `ExecStartPost` of its unit, so that systemd calls it started only when calls are
 * possible (docs/adr/0016-health-gate.md). `node await-health.ts --site FILE`; exit status 1 after 60 s.
 */
import { setTimeout } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { readSiteFile } from '@keepline/contracts/site-file';

const LIMIT_MS = 60_000; // first start: keys, a certificate and prompts are made
const LOOK_EVERY_MS = 100;
const REPLY_LIMIT_MS = 2000;

/** Status of `/api/health`, such as `ok` or `degraded`; undefined while nobody answers. */
export async function healthAt(url: string): Promise<string | undefined> {
  try {
    const reply = await fetch(url, { signal: AbortSignal.timeout(REPLY_LIMIT_MS) });
    const { status } = (await reply.json()) as { status?: string }; // parse boundary
    return status;
  } catch {
    return undefined;
  }
}

export function healthUrl(siteFile: string): string {
  return `http://127.0.0.1:${readSiteFile(siteFile).web.httpPort}/api/health`;
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { site: { type: 'string', default: '/etc/keepline/site.yaml' } } });
  const url = healthUrl(values.site);
  for (const end = performance.now() + LIMIT_MS; performance.now() < end; await setTimeout(LOOK_EVERY_MS)) {
    const status = await healthAt(url);
    if (status !== undefined && status !== 'down') return 0;
  }
  console.error(`${url} did not answer ok within ${LIMIT_MS / 1000} s`);
  return 1;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) process.exitCode = await main();
