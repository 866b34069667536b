/** A hook of the site whose authority cannot be read stops the start with its name, before a caller is asked for anything. */
import { parseSite } from '@keepline/contracts/site-file';
import { tempDir } from '@keepline/testkit/temp-dir';
import { afterEach, describe, expect, it } from 'vitest';
import { secretHooks } from './secret-hooks.ts';

const dir = tempDir();
afterEach(() => dir.remove());
const ground = (secretHooks: readonly object[]) => ({
  site: parseSite({ secretHooks }),
  data: dir.path,
  audited: <T>(_act: string, _entry: object, run: () => Promise<T>): Promise<T> => run(),
  onFault: () => {},
});

describe('hooks that take secrets', () => {
  it('say which authority is missing', () => {
    expect(() => secretHooks(ground([{ name: 'verify', caFile: 'none.pem' }]))).toThrow(
      expect.objectContaining({ code: 'SECRET_HOOK_AUTHORITY_UNREADABLE', message: expect.stringContaining('verify') }),
    );
  });

  it('are unavailable under a name that is gone', async () => {
    const hand = secretHooks(ground([]));
    expect(await hand('call-1', { node: 'card', hook: 'verify', keyed: '1' })).toBe('unavailable');
  });
});
