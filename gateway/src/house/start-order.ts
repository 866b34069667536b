/**
 * What a gateway is told when it starts: its site file, its data folder, and with `--on-order` to wait. A gateway that waits has its modules loaded
 * and nothing open; the appliance of a pair that stands by keeps one, so that a takeover does not wait for a program to be read and compiled.
 */
import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { parseArgs } from 'node:util';
import type { SiteConfig } from '@keepline/contracts/site-config';
import { readSiteFile } from '@keepline/contracts/site-file';

/** The one line that is waited for; `pair/served-site.ts` says it. */
const SERVE = 'serve\n';
/** More than this without an end of line is no order. */
const LINE_MAX = 64;

export interface StartOrder {
  readonly site: SiteConfig;
  /** As it was given. */
  readonly siteFile: string | undefined;
  readonly data: string;
}

/** Ends the process where it was to wait and nobody is left to give the order. @throws KeeplineError of the site file, all faults at once */
export async function startOrder(): Promise<StartOrder> {
  const options = { site: { type: 'string' }, data: { type: 'string', default: 'var' }, 'on-order': { type: 'boolean' } } as const;
  const { values } = parseArgs({ options });
  if (values['on-order'] && !(await ordered(process.stdin))) process.exit(0);
  return { site: readSiteFile(values.site), siteFile: values.site, data: resolve(values.data) }; // as it is now, not as it was while we waited
}

/** @returns false when whoever could have given the order is gone, or said something else */
export async function ordered(orders: Readable): Promise<boolean> {
  let line = '';
  for await (const piece of orders) {
    line += String(piece);
    if (line.includes('\n') || line.length > LINE_MAX) break;
  }
  return line === SERVE;
}
