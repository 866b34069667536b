import { describe, expect, it } from 'vitest';
import { judgeEcho } from './echo.ts';

const echo = { answerMs: 31, sent: 250, lost: 0, jitterMs: 0.4, roundTripMs: 1.1, mos: 4.41 };

describe('what doctor says of a loopback call', () => {
  it.each([
    [{}, 'ok', 'MOS 4.41: answered after 31 ms, 0 of 250 packets lost, round trip 1.1 ms, jitter 0.4 ms'],
    [{ mos: 4.02, jitterMs: 60 }, 'warn', 'MOS 4.02'],
    [{ mos: 3.59, lost: 9 }, 'fail', '9 of 250 packets lost'],
    [{ mos: null, roundTripMs: null, lost: 250 }, 'fail', 'of 250 packets 0 came back'],
  ] as const)('%j: %s', (different, verdict, words) => {
    const finding = judgeEcho({ ...echo, ...different });
    expect(finding.verdict).toBe(verdict);
    expect(finding.found).toContain(words);
    expect(finding.next === '').toBe(verdict === 'ok');
  });
});
