import { describe, expect, it } from 'vitest';
import { hasGap, splitList } from './parse-list.ts';

describe('a list with gaps', () => {
  it.each(['a;;b', 'a,', ',a', 'a; ;b', 'SIP/2.0/UDP 192.0.2.15;;,;,,', '"Joe" <sip:j@x>;;;;', '', ' \t'])(
    '%j has one (RFC 4475 §3.1.2.1)',
    (text) => {
      expect(hasGap(text)).toBe(true);
    },
  );

  it.each(['a', 'a;b=c , d', '"a;;b,," <sip:x;;y,,z>;q=1', '"\\";;"', '*', '<>'])(
    '%j has none: what is quoted or bracketed is not looked at',
    (text) => {
      expect(hasGap(text)).toBe(false);
    },
  );

  it('is read all the same, without them', () => {
    expect(splitList('a,, b ,')).toEqual(['a', 'b']);
  });
});
