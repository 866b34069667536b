import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TempDir, tempDir } from '@keepline/testkit/temp-dir';
import { readCredentials } from './credentials.ts';

describe('credentials file', () => {
  let dir: TempDir;
  beforeAll(() => {
    dir = tempDir();
  });
  afterAll(() => dir.remove());

  function written(content: string): string {
    const path = `${dir.path}/${crypto.randomUUID()}`;
    writeFileSync(path, content);
    return path;
  }

  it('takes user and password, an nkey seed or a .creds file', () => {
    const proof = readCredentials(written('{"user":"site","password":"p"}'))();
    expect(proof).toEqual({ user: 'site', pass: 'p' });
    expect(typeof readCredentials(written(`SU${'A'.repeat(56)}\n`))).toBe('function');
    expect(typeof readCredentials(written('-----BEGIN NATS USER JWT-----\nx\n------END NATS USER JWT------'))).toBe('function');
  });

  it.for([
    ['no file', undefined],
    ['not JSON', 'secret-secret'],
    ['no password', '{"user":"site"}'],
    ['an empty password', '{"user":"site","password":""}'],
    ['too large', 'x'.repeat(40_000)],
  ] as const)('names the file and never its content: %s', ([, content]) => {
    const path = content === undefined ? `${dir.path}/missing` : written(content);
    expect(() => readCredentials(path)).toThrow(expect.objectContaining({ code: 'CREDENTIALS_INVALID', offending: path }));
    expect(() => readCredentials(path)).not.toThrow(/secret-secret/);
  });
});
