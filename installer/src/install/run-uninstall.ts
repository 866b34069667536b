/** Takes away all that `install` brought, except the data folder; with `purge` that as well, its keys overwritten first. */
import { copyFileSync, existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { answers, must } from './machine-state.ts';
import * as at from './places.ts';

/** Where the settings are kept for a later install. */
const KEPT_SITE_FILE = `${at.DATA}/site.yaml.kept`;

/** @returns one sentence for each thing that was removed */
export function runUninstall(options: { readonly purge: boolean; readonly dryRun: boolean }): string[] {
  const units = at.UNITS.filter((name) => existsSync(join(at.UNIT_FOLDER, name)));
  const files = [...units.map((name) => join(at.UNIT_FOLDER, name)), at.COMMAND, at.CURRENT, at.VERSIONS, at.CONFIG];
  if (existsSync(at.GATEWAY_DROP_IN)) files.push(readdirSync(at.GATEWAY_DROP_INS).length > 1 ? at.GATEWAY_DROP_IN : at.GATEWAY_DROP_INS);
  const there = files.filter((path) => existsSync(path));
  const users = [at.GATEWAY_USER, at.SYNC_USER].filter((name) => answers('id', '-u', name) !== undefined);
  const hasGroup = answers('getent', 'group', at.LINK_GROUP) !== undefined;
  const secrets = options.purge
    ? [...secretsBelow(at.DATA), ...[at.CLOUD_CREDENTIALS, ...at.ROOT_CREDENTIALS].filter((path) => existsSync(path))]
    : [];
  const removed = [
    ...units.map((name) => `${name} stopped`),
    ...there,
    ...users.map((name) => `user ${name}`),
    ...(hasGroup ? [`group ${at.LINK_GROUP}`] : []),
    ...(options.purge && existsSync(at.DATA) ? [`${secrets.length} file(s) with secrets overwritten`, at.DATA] : []),
  ];
  if (options.dryRun) return removed;
  for (const name of units) must('systemctl', 'disable', '--now', '--quiet', name);
  if (existsSync(at.SITE_FILE) && !options.purge) copyFileSync(at.SITE_FILE, KEPT_SITE_FILE);
  // On a copy-on-write or flash disk old blocks may outlive this; docs/install.md says so, and to destroy the disk where that matters.
  for (const path of secrets) must('shred', '--remove', '--iterations=1', path);
  for (const path of there) rmSync(path, { recursive: true, force: true });
  if (units.length > 0) must('systemctl', 'daemon-reload');
  for (const name of users) must('userdel', name);
  if (hasGroup) must('groupdel', at.LINK_GROUP);
  if (options.purge) rmSync(at.DATA, { recursive: true, force: true });
  return removed;
}

/** Keys, and the key of the site's certificate. Recordings are encrypted to those keys, so that nobody opens them any more. */
function secretsBelow(data: string): string[] {
  const keys = join(data, 'site/keys');
  const found = existsSync(keys) ? readdirSync(keys, { recursive: true, encoding: 'utf8' }).map((name) => join(keys, name)) : [];
  const others = ['site/site.pem', 'site/sip-secrets.yaml', 'site/first-passwords.json'].map((name) => join(data, name));
  return [...found, ...others].filter((path) => existsSync(path) && statSync(path).isFile());
}
