import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempDir, type TempDir } from '@keepline/testkit/temp-dir';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addAttestation, readAttestations } from './attestations.ts';

const NOW = Date.UTC(2026, 10, 20);
let home: TempDir;
let file = '';
beforeEach(() => {
  home = tempDir();
  file = join(home.path, 'plan.pdf');
  writeFileSync(file, 'capacity plan 2026');
});
afterEach(() => home.remove());
const given = (more: object = {}) => ({ item: '8.1.2.1.a', file, by: '网络部', validUntil: '2027-11-19', ...more });

describe('an attestation', () => {
  it('keeps the document under its hash, readable by the site alone, and the newest of an item counts', async () => {
    await addAttestation(home.path, given(), NOW);
    writeFileSync(file, 'capacity plan 2027');
    const { sha256 } = await addAttestation(home.path, given({ by: 'network office' }), NOW + 1);
    await addAttestation(home.path, given({ item: '8.1.2.1.b' }), NOW + 2); // the same document for another item
    expect(await readAttestations(home.path)).toMatchObject([
      { item: '8.1.2.1.a', by: 'network office', sha256, bytes: 18 },
      { item: '8.1.2.1.b', by: '网络部', sha256 },
    ]);
    const folder = join(home.path, 'attestations');
    expect(readdirSync(folder)).toHaveLength(3);
    for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o077).toBe(0);
  });

  it('counts no longer when its document was changed', async () => {
    const { sha256 } = await addAttestation(home.path, given(), NOW);
    writeFileSync(join(home.path, 'attestations', sha256), 'something else');
    expect(await readAttestations(home.path)).toEqual([]);
  });

  it.for([
    [{ item: '8.1.4.1.a' }, 'ATTESTATION_INVALID'],
    [{ item: '9.9.9.9.z' }, 'MLPS_ITEM_UNKNOWN'],
    [{ validUntil: '2026-11-19' }, 'ATTESTATION_INVALID'],
    [{ validUntil: 'soon' }, 'ATTESTATION_INVALID'],
    [{ by: '' }, 'ATTESTATION_INVALID'],
    [{ by: 'a\nb' }, 'ATTESTATION_INVALID'],
    [{ file: '/nowhere/plan.pdf' }, 'ATTESTATION_INVALID'],
  ] as const)('is refused for %j', async ([more, code]) => {
    await expect(addAttestation(home.path, given(more), NOW)).rejects.toMatchObject({ code });
    expect(await readAttestations(home.path)).toEqual([]);
  });
});
