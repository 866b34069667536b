/**
 * Which npm packages a site needs at run time, pure: walks package-lock.json from the workspaces that run there, as Node would resolve each
 * name (nearest node_modules first). Development packages and those of the desk, which Vite has bundled, are not reached.
 */

/** An entry of `packages` in package-lock.json, lockfileVersion 3; only what is read here. */
export interface LockEntry {
  readonly name?: string;
  readonly version?: string;
  readonly license?: string;
  readonly integrity?: string;
  readonly link?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}
export type LockPackages = Readonly<Record<string, LockEntry>>;

/** Workspaces that run at a site, in the order of their imports. */
export const SITE_WORKSPACES = ['contracts', 'compliance', 'cloud-sync', 'gateway', 'installer'] as const;

/**
 * Names that only fetch or compile native add-ons. The bundle carries what they made, so they and what they alone need stay at home.
 */
const BUILD_ONLY = new Set(['prebuild-install', 'node-gyp', 'node-addon-api', 'tar']);

/**
 * Paths below the root, sorted, such as `node_modules/fastify`. `isThere` tells of optional packages, which a platform may lack.
 * @throws Error when a package that is not optional is not in the lock
 */
export function productionPackages(packages: LockPackages, isThere: (path: string) => boolean): string[] {
  const found = new Set<string>();
  const visit = (from: string, entry: LockEntry): void => {
    const optional = new Set(Object.keys(entry.optionalDependencies ?? {}));
    const peers = Object.keys(entry.peerDependencies ?? {}).filter((name) => entry.peerDependenciesMeta?.[name]?.optional !== true);
    for (const name of [...Object.keys(entry.dependencies ?? {}), ...optional, ...peers]) {
      if (name.startsWith('@keepline/') || BUILD_ONLY.has(name)) continue;
      const path = resolve(packages, from, name);
      const target = path === undefined ? undefined : packages[path];
      if (path === undefined || target === undefined || !isThere(path)) {
        if (optional.has(name)) continue;
        throw new Error(`${name}, which ${from} needs, is not installed`);
      }
      if (found.has(path)) continue;
      found.add(path);
      visit(path, target);
    }
  };
  for (const workspace of SITE_WORKSPACES) visit(workspace, packages[workspace] ?? {});
  return [...found].toSorted();
}

/** Path of `name` as seen by the package at `from`. */
function resolve(packages: LockPackages, from: string, name: string): string | undefined {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/')))) {
    const path = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`;
    if (path in packages) return path;
    if (folder === '') return undefined;
  }
}

/** Name of the package at a path of the lock: what follows the last `node_modules/`. */
export function nameAt(path: string): string {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
}
