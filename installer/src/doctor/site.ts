/** The checks that depend on the site file: its faults, its ports, the disk its data lies on. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { readSiteFile } from '@keepline/contracts/site-file';
import type { Machine } from '../machine.ts';
import { liveHolder } from '../pid-lock.ts';
import { dataFolder } from '../up/data-folder.ts';
import { type Finding, ok } from './finding.ts';
import { checkDisk } from './host.ts';
import { checkPorts } from './ports.ts';

/** @throws KeeplineError SITE_FILE_INVALID, SITE_FILE_UNREADABLE */
export async function checkSite(data: string | undefined, given: string | undefined, machine: Machine): Promise<Finding[]> {
  const folder = dataFolder(machine.root, data);
  const path = given === undefined ? folder.siteFile : resolve(given);
  const isThere = given !== undefined || existsSync(path);
  const site = readSiteFile(isThere ? path : undefined);
  const running = liveHolder(folder.lock) !== undefined;
  return [
    ok('site file', isThere ? path : 'none, all defaults'),
    checkDisk(folder.path, site.recording.minFreeMegabytes),
    ...(await checkPorts(site, running)),
  ];
}
