import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type LockPackages, nameAt, productionPackages } from './production-packages.ts';

const there = (): boolean => true;

describe('what a site needs of npm', () => {
  it('follows dependencies as Node finds them, the nearest folder first', () => {
    const lock: LockPackages = {
      gateway: { dependencies: { a: '1' } },
      'node_modules/a': { version: '1', dependencies: { b: '2' } },
      'node_modules/b': { version: '1' },
      'node_modules/a/node_modules/b': { version: '2' },
    };
    expect(productionPackages(lock, there)).toEqual(['node_modules/a', 'node_modules/a/node_modules/b']);
  });

  it('leaves out optional packages of other platforms, and refuses to go without one that is needed', () => {
    const lock: LockPackages = { gateway: { optionalDependencies: { mac: '1' } }, 'node_modules/mac': { version: '1' } };
    expect(productionPackages(lock, () => false)).toEqual([]);
    expect(() => productionPackages({ gateway: { dependencies: { gone: '1' } } }, there)).toThrow('gone, which gateway needs');
  });

  it('ends on packages that need each other', () => {
    const lock: LockPackages = {
      gateway: { dependencies: { a: '1' } },
      'node_modules/a': { dependencies: { b: '1' } },
      'node_modules/b': { dependencies: { a: '1' } },
    };
    expect(productionPackages(lock, there)).toHaveLength(2);
  });

  it('of this tree: the servers are in; the desk, the tests and the compilers are not', () => {
    const root = join(import.meta.dirname, '../../..');
    const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as { packages: LockPackages };
    const names = productionPackages(packages, (path) => existsSync(join(root, path))).map(nameAt);
    for (const name of ['fastify', 'sqlite3', 'bindings', 'mediasoup', 'pino', 'yaml', '@nats-io/transport-node'])
      expect(names).toContain(name);
    for (const name of ['vitest', 'vite', 'antd', 'react', 'typescript', 'playwright-core', 'node-gyp', 'tar'])
      expect(names).not.toContain(name);
  });
});
