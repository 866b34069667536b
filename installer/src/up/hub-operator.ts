/**
 * The operator of the stand-in cloud: its seeds, the users it has signed, and the configuration of its server. A real cloud keeps these
 * with its operator; here they lie in the data folder, readable by this user only, so that the demo signs in as production does.
 */
import { existsSync, readFileSync } from 'node:fs';
import { KeeplineError } from '@keepline/contracts/errors';
import { hubConfig } from '@keepline/cloud-sync/hub-config';
import { hubTrust, issueUser, issueUserJwt, newOperatorSeeds, type OperatorSeeds } from '@keepline/cloud-sync/hub-identity';
import { HUB_ROLES, rightsOf } from '@keepline/cloud-sync/hub-rights';
import { installCredentials, siteKeyFor, writePrivate } from './credentials.ts';
import type { DataFolder } from './data-folder.ts';

/** A year: a stand-in that runs longer is renewed with `./keepline cloud credentials rotate`, as a real one would be. */
export const CREDENTIALS_DAYS = 365;
/** Revoked keys that are remembered, a daily rotation for 27 years; the oldest have long expired by then. */
const REVOKED_MAX = 10_000;

export interface HubPlace {
  readonly site: string;
  readonly host: string;
  readonly port: number;
  readonly storeDir: string;
}

interface HubOperator {
  readonly seeds: OperatorSeeds;
  readonly place: HubPlace;
  /** Public key of a user → wall seconds up to which what was issued to it is refused. */
  readonly revoked: Readonly<Record<string, number>>;
}

const inAYear = (): number => Math.floor(Date.now() / 1000) + CREDENTIALS_DAYS * 86_400;

/** Makes what is missing, seeds, users, configuration; everything that is there stays. @throws KeeplineError UP_CREDENTIALS_UNREADABLE */
export async function prepareHub(folder: DataFolder, place: HubPlace): Promise<void> {
  const known = existsSync(folder.hubOperator) ? readOperator(folder) : undefined;
  const operator: HubOperator = { seeds: known?.seeds ?? (await newOperatorSeeds()), place, revoked: known?.revoked ?? {} };
  writePrivate(folder.hubOperator, JSON.stringify(operator));
  await writeHubConfig(folder, operator);
  const files = {
    workers: folder.cloudCredentials,
    reader: folder.readerCredentials,
    publisher: folder.publisherCredentials,
    operator: folder.operatorCredentials,
  };
  for (const role of HUB_ROLES) {
    if (role === 'site' || (known && existsSync(files[role]))) continue;
    writePrivate(files[role], (await issueUser(operator.seeds, role, rightsOf(place.site)[role], inAYear())).creds);
  }
  if (known && existsSync(folder.siteCredentials)) return;
  const key = await siteKeyFor(folder);
  await installCredentials(folder, await signSiteKey(operator, key.publicKey), key);
}

/** The stand-in's operator signs the site's new public key. @throws KeeplineError UP_CREDENTIALS_UNREADABLE */
export async function signForStandIn(folder: DataFolder, publicKey: string): Promise<string> {
  return await signSiteKey(readOperator(folder), publicKey);
}

/** Refuses what was issued to this key up to now; takes effect when the server reads its configuration again (SIGHUP). */
export async function revokeOnStandIn(folder: DataFolder, publicKey: string): Promise<void> {
  const operator = readOperator(folder);
  const rows = Object.entries(operator.revoked).slice(-REVOKED_MAX + 1);
  const changed = { ...operator, revoked: { ...Object.fromEntries(rows), [publicKey]: Math.floor(Date.now() / 1000) + 1 } };
  writePrivate(folder.hubOperator, JSON.stringify(changed));
  await writeHubConfig(folder, changed);
}

function signSiteKey({ seeds, place }: HubOperator, publicKey: string): Promise<string> {
  return issueUserJwt(seeds, 'site', publicKey, rightsOf(place.site).site, inAYear());
}

async function writeHubConfig(folder: DataFolder, { seeds, place, revoked }: HubOperator): Promise<void> {
  const { host, port, storeDir, site } = place;
  writePrivate(folder.hubConfig, hubConfig({ host, port, storeDir, trust: await hubTrust(seeds, site, revoked) }));
}

function readOperator(folder: DataFolder): HubOperator {
  try {
    const found: unknown = JSON.parse(readFileSync(folder.hubOperator, 'utf8'));
    if (typeof found === 'object' && found !== null && 'seeds' in found && 'place' in found && 'revoked' in found)
      return found as HubOperator; // parse boundary: written by this file, closed to others
  } catch {
    // told below, without the content
  }
  throw new KeeplineError('UP_CREDENTIALS_UNREADABLE', `${folder.hubOperator} does not hold the operator of the stand-in cloud`, {
    hint: `Stop the site and delete the folder ${folder.cloud}: the stand-in cloud begins anew.`,
    offending: folder.hubOperator,
  });
}
