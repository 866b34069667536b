import { describe, expect, it } from 'vitest';
import { firstDifference, versionIn } from './package-lock.ts';

const lock = (packages: Record<string, object>): string =>
  JSON.stringify({ lockfileVersion: 3, packages: { '': { name: 'root' }, ...packages } });
const pino = { version: '10.4.0', integrity: 'sha512-a' };

describe('whether node_modules holds what package-lock.json pins', () => {
  it('finds nothing to do when every package has its version and hash', () => {
    expect(firstDifference(lock({ 'node_modules/pino': pino }), lock({ 'node_modules/pino': pino }))).toBeUndefined();
  });

  it('names a package that is missing, of another version, or of the same version with other content', () => {
    const wanted = lock({ 'node_modules/pino': pino });
    expect(firstDifference(wanted, lock({}))).toBe('node_modules/pino');
    expect(firstDifference(wanted, lock({ 'node_modules/pino': { ...pino, version: '10.3.0' } }))).toBe('node_modules/pino');
    expect(firstDifference(wanted, lock({ 'node_modules/pino': { ...pino, integrity: 'sha512-b' } }))).toBe('node_modules/pino');
  });

  it('does not miss optional packages, most of which are for other platforms', () => {
    expect(firstDifference(lock({ 'node_modules/fsevents': { version: '2.3.3', optional: true } }), lock({}))).toBeUndefined();
  });

  it('notices a workspace that is not linked, and does not look at what lies in the tree itself', () => {
    const workspace = { 'node_modules/@keepline/gateway': { link: true, resolved: 'gateway' }, gateway: { version: '0.1.0' } };
    expect(firstDifference(lock(workspace), lock({}))).toBe('node_modules/@keepline/gateway');
    expect(
      firstDifference(lock(workspace), lock({ 'node_modules/@keepline/gateway': { link: true, resolved: 'gateway' } })),
    ).toBeUndefined();
  });

  it('refuses a lock file without packages, naming the way back', () => {
    expect(() => versionIn('{}', 'pino')).toThrow(expect.objectContaining({ code: 'SETUP_LOCK_UNREADABLE' }));
    expect(() => versionIn(lock({}), 'pino')).toThrow(expect.objectContaining({ code: 'SETUP_LOCK_UNREADABLE', offending: 'pino' }));
    expect(versionIn(lock({ 'node_modules/pino': pino }), 'pino')).toBe('10.4.0');
  });
});
