/**
 * What must be true on a machine that runs this version, as data and in the order it is brought about; pure. `install` does what is not true
 * yet, so that a second run does nothing and a run that was cut off is finished by the next.
 */
import { normalize } from 'node:path';
import { APPROVAL_ACTS } from '@keepline/contracts/approvals';
import type { SiteConfig } from '@keepline/contracts/site-config';
import * as at from './places.ts';

export type Wanted =
  | { readonly be: 'group'; readonly name: string }
  | { readonly be: 'user'; readonly name: string; readonly home: string; readonly groups: readonly string[] }
  | { readonly be: 'folder'; readonly path: string; readonly owner: string; readonly group: string; readonly mode: number }
  | { readonly be: 'tree'; readonly from: string; readonly path: string }
  /** `once`: made when it is missing, never overwritten. */
  | {
      readonly be: 'file';
      readonly path: string;
      readonly text: string;
      readonly owner: string;
      readonly group: string;
      readonly mode: number;
      readonly once: boolean;
    }
  | { readonly be: 'link'; readonly path: string; readonly target: string }
  | { readonly be: 'enabled'; readonly unit: string };

export interface Order {
  /** The unpacked bundle. */
  readonly bundle: string;
  readonly version: string;
  /** Text of the site file to put in place; undefined leaves the one that is there. */
  readonly siteText: string | undefined;
  /** Folders outside the data that the site file makes the gateway write to; from `foldersOutside`. */
  readonly outside: readonly string[];
  /** Text of each unit, by name. */
  readonly units: Readonly<Record<string, string>>;
}

/** An installed site has more than one person: what a demonstration on one desk could not do is demanded here. */
const SITE_TEXT = `# Settings of this site; what is left out has its default: docs/configuration.md.
identity:
  fourEyes: [${APPROVAL_ACTS.join(', ')}]
`;

/** Backups may lie on a disk of their own; the sandbox of the gateway has to let it write there. */
export function foldersOutside({ backup }: Pick<SiteConfig, 'backup'>): string[] {
  const path = normalize(backup.folder);
  return backup.folder === '' || [at.SITE_DATA, at.LINK_DATA].some((own) => `${path}/`.startsWith(`${own}/`)) ? [] : [path];
}

const dropIn = (outside: readonly string[]): string =>
  [
    '# Written by `keepline install` from the site file; changes of your own belong into another file of this folder.',
    '[Service]',
    ...outside.map((path) => `ReadWritePaths="${path.replaceAll('%', '%%')}"`),
    '',
  ].join('\n');

export function wantedState({ bundle, version, siteText, units, outside }: Order): Wanted[] {
  const folder = (path: string, owner: string, group: string, mode: number): Wanted => ({ be: 'folder', path, owner, group, mode });
  const linked = { owner: at.GATEWAY_USER, group: at.LINK_GROUP };
  return [
    { be: 'group', name: at.LINK_GROUP },
    { be: 'user', name: at.GATEWAY_USER, home: at.SITE_DATA, groups: [at.LINK_GROUP] },
    { be: 'user', name: at.SYNC_USER, home: at.LINK_DATA, groups: [at.LINK_GROUP] },
    folder(at.DATA, 'root', 'root', 0o755),
    folder(at.SITE_DATA, at.GATEWAY_USER, at.GATEWAY_USER, 0o700),
    folder(at.LINK_DATA, at.GATEWAY_USER, at.LINK_GROUP, 0o2770), // setgid: what either makes here belongs to both
    // An empty file is a new database to SQLite, which gives its WAL the mode of the database: so both users can write.
    { be: 'file', path: `${at.LINK_DATA}/outbox.db`, text: '', ...linked, mode: 0o660, once: true },
    // The gateway knows one folder; what it shares lies behind these two links, outside the folder that is its own.
    { be: 'link', path: `${at.SITE_DATA}/outbox.db`, target: `${at.LINK_DATA}/outbox.db` },
    { be: 'link', path: `${at.SITE_DATA}/run`, target: at.LINK_DATA },
    folder(at.CONFIG, 'root', at.LINK_GROUP, 0o750),
    {
      be: 'file',
      path: at.SITE_FILE,
      text: siteText ?? SITE_TEXT,
      ...{ owner: 'root', group: at.LINK_GROUP, mode: 0o640 },
      once: siteText === undefined,
    },
    ...outside.map((path) => folder(path, at.GATEWAY_USER, at.GATEWAY_USER, 0o700)),
    folder(at.GATEWAY_DROP_INS, 'root', 'root', 0o755),
    {
      be: 'file',
      path: at.GATEWAY_DROP_IN,
      text: dropIn(outside),
      ...{ owner: 'root', group: 'root', mode: 0o644 },
      once: false,
    },
    folder(at.VERSIONS, 'root', 'root', 0o755),
    { be: 'tree', from: bundle, path: `${at.VERSIONS}/${version}` },
    ...at.UNITS.map(
      (name): Wanted => ({
        be: 'file',
        path: `${at.UNIT_FOLDER}/${name}`,
        text: units[name] ?? '',
        ...{ owner: 'root', group: 'root', mode: 0o644 },
        once: false,
      }),
    ),
    { be: 'link', path: at.COMMAND, target: `${at.CURRENT}/keepline` },
    { be: 'link', path: at.CURRENT, target: version }, // last: until now nothing that runs has changed
    ...at.UNITS.map((unit): Wanted => ({ be: 'enabled', unit })),
  ];
}

/** One line for the reader of a plan. */
export function sentence(wanted: Wanted): string {
  switch (wanted.be) {
    case 'group':
      return `group ${wanted.name}`;
    case 'user':
      return `user ${wanted.name}, member of ${wanted.groups.join(', ')}, no login`;
    case 'folder':
      return `folder ${wanted.path}, ${wanted.owner}:${wanted.group} ${wanted.mode.toString(8)}`;
    case 'tree':
      return `version ${wanted.path}, copied from ${wanted.from} and checked against its sums`;
    case 'file':
      return `file ${wanted.path}, ${wanted.owner}:${wanted.group} ${wanted.mode.toString(8)}`;
    case 'link':
      return `link ${wanted.path} -> ${wanted.target}`;
    case 'enabled':
      return `unit ${wanted.unit}, started at boot`;
  }
}

/** Must the services start anew for this to take effect? */
export function needsRestart(wanted: Wanted): boolean {
  return (wanted.be === 'file' && wanted.path !== `${at.LINK_DATA}/outbox.db`) || (wanted.be === 'link' && wanted.path !== at.COMMAND);
}
