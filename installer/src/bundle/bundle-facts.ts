/** `bundle.json` at the top of an unpacked bundle: what it is, and by its presence that this tree needs no set-up. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface BundleFacts {
  readonly version: string;
  readonly commit: string;
  /** ISO time of that commit. */
  readonly madeAt: string;
  readonly platform: string;
  readonly arch: string;
}

/** Undefined in a tree that is no bundle. */
export function bundleFacts(root: string): BundleFacts | undefined {
  const path = join(root, 'bundle.json');
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as BundleFacts) : undefined; // parse boundary; SHA256SUMS covers it
}
