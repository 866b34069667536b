/** Reads the site file `up` works with, and makes a place for one where there is none. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SiteConfig } from '@keepline/contracts/site-config';
import { readSiteFile } from '@keepline/contracts/site-file';
import type { DataFolder } from './data-folder.ts';

const EMPTY_FILE = `# Settings of this site. Everything left out has its default; docs/configuration.md shows them all. Checked as a whole at the next start.
# For example:
#   site: north
#   network: { address: 192.0.2.10 }
`;

export interface SiteSettings {
  readonly file: string;
  readonly site: SiteConfig;
}

/** @throws KeeplineError SITE_FILE_UNREADABLE, SITE_FILE_INVALID */
export function siteSettings(folder: DataFolder, given: string | undefined): SiteSettings {
  const file = given ?? folder.siteFile;
  if (given === undefined && !existsSync(file)) writeFileSync(file, EMPTY_FILE, { mode: 0o600 });
  return { file, site: readSiteFile(file) };
}

/** The same settings with another first cloud server, written for the children (JSON is YAML). */
export function withCloudServer(folder: DataFolder, site: SiteConfig, server: string): SiteSettings {
  const changed: SiteConfig = { ...site, cloud: { ...site.cloud, servers: [server, ...site.cloud.servers.slice(1)] } };
  const file = join(folder.run, 'site.json');
  writeFileSync(file, JSON.stringify(changed), { mode: 0o600 });
  return { file, site: changed };
}
