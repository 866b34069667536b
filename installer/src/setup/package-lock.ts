/** Pure: reads npm's lock files, to tell without npm and without network whether `node_modules` holds what the project pins. */
import { KeeplineError } from '../before-packages.ts';

interface LockedPackage {
  readonly version?: string;
  readonly integrity?: string;
  readonly link?: boolean;
  readonly optional?: boolean;
}
type Lock = Readonly<Record<string, LockedPackage>>;

function packagesOf(text: string): Lock {
  const parsed: unknown = JSON.parse(text);
  if (typeof parsed === 'object' && parsed !== null && 'packages' in parsed && typeof parsed.packages === 'object')
    return parsed.packages as Lock; // parse boundary: the shape of lockfileVersion 3
  throw new KeeplineError('SETUP_LOCK_UNREADABLE', 'package-lock.json has no list of packages', {
    hint: 'Restore it: git checkout package-lock.json',
  });
}

/** @throws KeeplineError SETUP_LOCK_UNREADABLE */
export function versionIn(lockText: string, name: string): string {
  const version = packagesOf(lockText)[`node_modules/${name}`]?.version;
  if (version !== undefined) return version;
  throw new KeeplineError('SETUP_LOCK_UNREADABLE', `package-lock.json does not pin ${name}`, {
    hint: 'Restore it: git checkout package-lock.json',
    offending: name,
  });
}

/**
 * The first package of `wanted` (package-lock.json) that `installed` (node_modules/.package-lock.json, written by npm when it is done) lacks
 * or has in another version; undefined when all are there. Optional packages may be absent: most are for other platforms.
 */
export function firstDifference(wantedText: string, installedText: string): string | undefined {
  const installed = packagesOf(installedText);
  for (const [path, wanted] of Object.entries(packagesOf(wantedText))) {
    if (!path.startsWith('node_modules/')) continue;
    const found = installed[path];
    if (found === undefined) {
      if (wanted.optional !== true) return path;
    } else if (found.link !== wanted.link || found.version !== wanted.version || found.integrity !== wanted.integrity) return path;
  }
  return undefined;
}
