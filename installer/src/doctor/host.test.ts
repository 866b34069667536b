import { describe, expect, it } from 'vitest';
import { judgeClock, judgeDescriptors, judgeDisk } from './host.ts';

const limits = (soft: string): string =>
  `Limit                     Soft Limit           Hard Limit           Units\nMax open files            ${soft}                 524288               files\n`;

describe('what doctor says about the machine', () => {
  it('turns free space into hours of recordings above what the gateway keeps free', () => {
    expect(judgeDisk('/data', 512 + 5500, 512)).toMatchObject({ verdict: 'ok', found: expect.stringContaining('100 hours') });
    expect(judgeDisk('/data', 600, 512)).toMatchObject({ verdict: 'warn', next: expect.stringContaining('--data') });
    expect(judgeDisk('/data', 511, 512)).toMatchObject({ verdict: 'fail', found: expect.stringContaining('0 hours') });
  });

  it('does not claim a right clock it cannot know of', () => {
    expect(judgeClock('yes', 'now').verdict).toBe('ok');
    expect(judgeClock('no', 'now').next).toContain('timedatectl');
    expect(judgeClock('unknown', 'now').verdict).toBe('warn');
  });

  it('reads the soft limit of descriptors', () => {
    expect(judgeDescriptors(limits('1023')).verdict).toBe('fail');
    expect(judgeDescriptors(limits('4096'))).toMatchObject({ verdict: 'warn', next: expect.stringContaining('ulimit -n') });
    expect(judgeDescriptors(limits('8192')).verdict).toBe('ok');
    expect(judgeDescriptors(limits('unlimited')).verdict).toBe('ok');
    expect(judgeDescriptors('').verdict).toBe('fail');
  });
});
