/** The checks that depend on the site file: its faults, its ports, the disk its data lies on, whether data ever leaves it. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readSiteFile } from '@keepline/contracts/site-file';
import type { Machine } from '../machine.ts';
import { liveHolder } from '../pid-lock.ts';
import { dataFolder } from '../up/data-folder.ts';
import { callEcho } from './echo.ts';
import { type Finding, ok, warn } from './finding.ts';
import { checkDisk } from './host.ts';
import { checkPorts } from './ports.ts';

/** Whether the keys of the site hang on a root key; looks at one name, and needs no key for it. */
function checkRoot(keys: string): Finding {
  if (existsSync(join(keys, 'root.json'))) return ok('key store', 'its keys are sealed by a root key');
  const found = 'the keys lie in clear, protected by file modes alone: fit for a demo, not for customers';
  return warn('key store', found, './keepline keys init --root passphrase | credential | pkcs11 (docs/keys.md)');
}

/** A deletion cannot be taken back: that none happens by itself is right at first, and to be known. */
export function judgeRetention(automatic: boolean): Finding {
  if (automatic) return ok('retention', 'what was kept long enough is deleted by itself');
  const next = 'have the compliance officer confirm the periods (./keepline retention show), then set retention.automatic: true';
  return warn('retention', 'nothing is deleted by itself (retention.automatic is off)', next);
}

export interface WhichSite {
  /** Default `var` in the project. */
  readonly data: string | undefined;
  /** Default `site.yaml` in the data folder. */
  readonly siteFile: string | undefined;
  /** Whether services run it; else the lock of `up` tells. */
  readonly isService: boolean;
}

/** @throws KeeplineError SITE_FILE_INVALID, SITE_FILE_UNREADABLE */
export async function checkSite({ data, siteFile: given, isService }: WhichSite, machine: Machine): Promise<Finding[]> {
  const folder = dataFolder(machine.root, data);
  const path = given === undefined ? folder.siteFile : resolve(given);
  const isThere = given !== undefined || existsSync(path);
  const site = readSiteFile(isThere ? path : undefined);
  const running = isService || liveHolder(folder.lock) !== undefined;
  return [
    ...(existsSync(folder.keys) ? [checkRoot(folder.keys)] : []),
    ok('site file', isThere ? path : 'none, all defaults'),
    judgeRetention(site.retention.automatic),
    checkDisk(folder.path, site.recording.minFreeMegabytes),
    ...(await checkPorts(site, running)),
    ...(running && isThere && site.sip.port !== 0 ? [await callEcho(machine, path)] : []),
  ];
}
