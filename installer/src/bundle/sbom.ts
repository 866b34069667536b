/**
 * The bill of materials, pure: CycloneDX 1.5 JSON from the lock file and the programs carried beside it. No serial number and no time of
 * its own: the same inputs must give the same bytes. Package URLs by the purl specification (`@` of a scope is %40).
 */
import { type LockPackages, nameAt } from './production-packages.ts';

export interface Program {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  /** SHA-256, hex. */
  readonly sha256: string;
}

/** @param madeAt ISO time of the commit the bundle is made from */
export function sbomOf(
  packages: LockPackages,
  paths: readonly string[],
  programs: readonly Program[],
  product: { readonly version: string; readonly madeAt: string },
): object {
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: {
      timestamp: product.madeAt,
      component: { type: 'application', 'bom-ref': 'keepline', name: 'keepline', version: product.version },
    },
    components: [...programs.map(componentOfProgram), ...componentsOfPackages(packages, paths)],
  };
}

function componentOfProgram({ name, version, license, sha256 }: Program): object {
  return {
    type: 'application',
    'bom-ref': `${name}@${version}`,
    name,
    version,
    hashes: [{ alg: 'SHA-256', content: sha256 }],
    licenses: [{ expression: license }],
  };
}

function componentsOfPackages(packages: LockPackages, paths: readonly string[]): object[] {
  const components = new Map<string, object>();
  for (const path of paths) {
    const { name = nameAt(path), version = '', license, integrity } = packages[path] ?? {};
    const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
    const hash = /^sha512-(.+)$/.exec(integrity ?? '')?.[1];
    components.set(purl, {
      type: 'library',
      'bom-ref': purl, // one component however many copies lie in the tree
      name,
      version,
      purl,
      ...(hash !== undefined && { hashes: [{ alg: 'SHA-512', content: Buffer.from(hash, 'base64').toString('hex') }] }),
      ...(license !== undefined && { licenses: [{ expression: license }] }),
    });
  }
  // by name, not by where the installer of packages happened to lay them
  return [...components].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, component]) => component);
}
