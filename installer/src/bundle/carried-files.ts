/** What a bundle carries of the tree and of each npm package, and what stays at home; pure. */

/** Given to `git archive`: only what is committed is carried, whatever lies in the working tree. */
export const CARRIED_SOURCES: readonly string[] = [
  ...['keepline', 'package.json', 'package-lock.json', 'README.md', 'README.zh-CN.md'],
  ...['contracts', 'compliance', 'cloud-sync', 'gateway', 'installer', 'admin-ui/package.json', 'ansible', 'docs'],
  ...['*.test.ts', '*/testing/*', '*/fixtures/*', 'installer/media-worker/*'].map((pattern) => `:(exclude)${pattern}`),
];

/** Folders of a package that are read only to build it, by name of the package. */
const BUILD_FOLDERS: Readonly<Record<string, readonly string[]>> = {
  sqlite3: ['deps', 'src', 'build'],
  mediasoup: ['worker', 'node/src'],
};
/** What is wanted out of such a folder all the same: what was built. */
const BUILT: Readonly<Record<string, readonly string[]>> = { sqlite3: ['build/Release/node_sqlite3.node'] };

/** @param path file below the package's folder, with `/` */
export function isCarried(packageName: string, path: string): boolean {
  if (path.startsWith('node_modules/') || path.endsWith('.map')) return false; // packages inside packages are carried as their own
  if (BUILT[packageName]?.includes(path) === true) return true;
  return !(BUILD_FOLDERS[packageName] ?? []).some((folder) => path.startsWith(`${folder}/`));
}
