import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Sipp } from './sipp.ts';
import { Softphone } from './softphone.ts';
import { tempDir } from './temp-dir.ts';

const EXPECTS_488 = join(import.meta.dirname, '../../test/fixtures/sipp/caller-without-g711.xml');

describe('a run of SIPp', () => {
  it('that goes otherwise than its scenario fails, and says what came instead', async () => {
    const dir = tempDir();
    const busy = await Softphone.open(); // nobody takes its calls: 486
    const sipp = await Sipp.start({ scenario: EXPECTS_488, folder: dir.path, remote: { address: busy.address, port: busy.port } });
    try {
      await expect(sipp.done()).rejects.toMatchObject({ code: 'TESTKIT_SIPP_FAILED', message: expect.stringContaining('486') });
    } finally {
      await sipp.close();
      await busy.close();
      dir.remove();
    }
  });
});
