/** A secret of the settings, kept in a file of its own that only the gateway may read. */
import { readFileSync, statSync } from 'node:fs';
import { DirectorySecretLax } from './errors.ts';

/** Without the spaces and line ends around it. @throws DirectorySecretLax */
export function secretOf(path: string): string {
  try {
    const facts = statSync(path);
    if (facts.isFile() && (facts.mode & 0o077) === 0) return readFileSync(path, 'utf8').trim();
  } catch {
    // told below
  }
  throw new DirectorySecretLax(path);
}
