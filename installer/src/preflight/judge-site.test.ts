import { describe, expect, it } from 'vitest';
import * as judge from './judge-site.ts';

describe('what preflight says of what a site needs', () => {
  const taken = { setting: 'sip.port', transport: 'udp', host: '192.0.2.1', port: 5060, why: 'EADDRINUSE' } as const;

  it('does not claim a right clock it cannot know of', () => {
    expect(judge.judgeClock('yes').verdict).toBe('ok');
    expect(judge.judgeClock('no')).toMatchObject({ verdict: 'warn', found: { en: 'not synchronised' } });
    expect(judge.judgeClock('')).toMatchObject({ verdict: 'warn', found: { en: 'cannot be told here' } });
  });

  it('names who looks for a taken port, and an address that is not of this machine', () => {
    expect(judge.judgePorts([]).verdict).toBe('ok');
    expect(judge.judgePorts([taken])).toMatchObject({ verdict: 'fail', next: { en: expect.stringContaining('ss -lunp "sport = :5060"') } });
    expect(judge.judgePorts([{ ...taken, why: 'EADDRNOTAVAIL' }]).next.en).toContain('network.address');
  });

  it('refuses a kernel that gives a process fewer descriptors than the unit asks for', () => {
    expect(judge.judgeDescriptors(65_535).verdict).toBe('fail');
    expect(judge.judgeDescriptors(65_536).verdict).toBe('ok');
  });

  it('warns of trunks that are silent: a carrier may not answer OPTIONS and yet bring calls', () => {
    expect(judge.judgeTrunks(2, []).verdict).toBe('ok');
    expect(judge.judgeTrunks(2, ['carrier: no answer'])).toMatchObject({ verdict: 'warn', found: { en: 'carrier: no answer' } });
  });

  it('warns where one person alone may do what two should', () => {
    expect(judge.judgeFourEyes(['a', 'b'], ['a', 'b']).verdict).toBe('ok');
    expect(judge.judgeFourEyes(['a'], ['a', 'b'])).toMatchObject({
      verdict: 'warn',
      found: { en: 'one person alone may: b' },
      next: { en: expect.stringContaining('[a, b]') },
    });
  });
});
