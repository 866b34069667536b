/** The bill of materials of the lock file in this tree: the same bytes from the same inputs, in whatever order they come, and nothing twice. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type LockPackages, productionPackages } from './production-packages.ts';
import { type Program, sbomOf } from './sbom.ts';

const LOCK: { packages: LockPackages } = JSON.parse(readFileSync(new URL('../../../package-lock.json', import.meta.url), 'utf8'));
const paths = productionPackages(LOCK.packages, () => true);
const programs: readonly Program[] = [{ name: 'nats-server', version: '2.12.0', license: 'Apache-2.0', sha256: 'ab'.repeat(32) }];
const product = { version: '0.1.0', madeAt: '2026-11-01T00:00:00Z' };
const Sbom = (
  made: object,
): { bomFormat: string; specVersion: string; components: { 'bom-ref': string; purl?: string; hashes?: unknown[] }[] } =>
  JSON.parse(JSON.stringify(made));

describe('the bill of materials', () => {
  it('is the same, byte for byte, in whatever order the packages lie', () => {
    const bytes = JSON.stringify(sbomOf(LOCK.packages, paths, programs, product));
    fc.assert(
      fc.property(fc.shuffledSubarray([...paths], { minLength: paths.length }), (shuffled) => {
        expect(JSON.stringify(sbomOf(LOCK.packages, shuffled, programs, product))).toBe(bytes);
      }),
      { numRuns: 20 },
    );
    expect(bytes).not.toContain(new URL('../../..', import.meta.url).pathname);
  });

  it('names each component once, with a package URL and the hash of the lock file', () => {
    const { bomFormat, specVersion, components } = Sbom(sbomOf(LOCK.packages, paths, programs, product));
    expect([bomFormat, specVersion]).toEqual(['CycloneDX', '1.5']);
    const refs = components.map((component) => component['bom-ref']);
    expect(new Set(refs).size).toBe(refs.length);
    expect(refs.length).toBeGreaterThan(50);
    const bare = components.filter(({ purl, hashes }) => purl?.startsWith('pkg:npm/') && !hashes);
    expect(bare.map(({ purl }) => purl).filter((purl) => !purl?.includes('keepline'))).toEqual([]);
  });
});
