/** Which pages somebody has: those their permissions open, in the order of the navigation. Pure; the gateway checks each request again. */
import { isRole, type Permission, permissionsOf } from '@keepline/contracts/roles';

/** Page → what opens it; also its path. */
const PAGES = {
  desk: 'desk.work',
  callbacks: 'callbacks.manage',
  cloud: 'cloud.read',
  egress: 'cloud.read',
  anonymisation: 'cloud.read',
  downlink: 'cloud.read',
  alarms: 'alarms.read',
  audit: 'audit.read',
  reports: 'report.read',
  users: 'users.read',
  approvals: 'approvals.request',
} as const satisfies Readonly<Record<string, Permission>>;
export type PageName = keyof typeof PAGES;
const NAMES = Object.keys(PAGES) as PageName[];

export function rightsOf(roles: readonly string[]): ReadonlySet<Permission> {
  return permissionsOf(roles.filter(isRole));
}

export function pagesFor(rights: ReadonlySet<Permission>): readonly PageName[] {
  return NAMES.filter((name) => rights.has(PAGES[name]));
}

/** Everybody's own account; no page of the navigation, for most people have one page only and no navigation. */
export const ACCOUNT_PATH = '/account';

/** The page a path stands for; the first one for every other path. Undefined when there is none at all. */
export function pageAt(path: string, pages: readonly PageName[]): PageName | undefined {
  return pages.find((name) => path === pathOf(name)) ?? pages[0];
}

export function pathOf(page: PageName): string {
  return `/${page}`;
}
