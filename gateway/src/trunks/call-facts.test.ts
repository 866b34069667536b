import { describe, expect, it } from 'vitest';
import { Headers } from '../sip/message.ts';
import { readCallFacts } from './call-facts.ts';

const FROM = { number: '13800138000', name: 'Caller' };
const facts = (pairs: ReadonlyArray<readonly [string, string]>, trusts = true): ReturnType<typeof readCallFacts> =>
  readCallFacts(Headers.of(pairs), FROM, trusts);

describe('the facts of a call', () => {
  it('take the asserted number from a trusted trunk, the one that is a number', () => {
    const pai = [['P-Asserted-Identity', '"Li" <sip:li.jing@bank.example>, <tel:+861088886666>']] as const;
    expect(facts(pai)).toMatchObject({ number: '+861088886666', isAsserted: true });
    expect(facts(pai, false)).toMatchObject({ number: FROM.number, name: 'Caller', isAsserted: false });
    expect(facts([['P-Asserted-Identity', 'nonsense']])).toMatchObject({ number: FROM.number, isAsserted: false });
  });

  it('keep the number of a caller who hides it, and say so (RFC 3323)', () => {
    const hidden = facts([
      ['Privacy', 'none;id'],
      ['P-Asserted-Identity', '<sip:+8613900000000;cpc=ordinary@carrier.example;user=phone>'],
    ]);
    expect(hidden).toMatchObject({ number: '+8613900000000', isPrivate: true });
    expect(facts([['Privacy', 'none']]).isPrivate).toBe(false);
    expect(readCallFacts(Headers.of([]), { number: 'anonymous', name: '' }, true).isPrivate).toBe(true);
  });

  it('read diversions first to last (RFC 5806)', () => {
    const twice = facts([
      ['Diversion', '<sip:222@a>;reason=no-answer;counter=1'],
      ['Diversion', '<tel:111>;reason=user-busy'],
    ]);
    expect(twice.diverted).toEqual([
      { number: '111', reason: 'user-busy' },
      { number: '222', reason: 'no-answer' },
    ]);
  });

  it('read a history, whose last entry is where the call is now (RFC 7044)', () => {
    const history = facts([
      [
        'History-Info',
        '<sip:111@a>;index=1, <sip:222@a;cause=486>;index=1.1;mp=1, <sip:222@10.0.0.1?Reason=SIP%3Bcause%3D302>;index=1.1.1',
      ],
    ]);
    expect(history.diverted).toEqual([{ number: '111', reason: '486' }]);
    expect(facts([['History-Info', '<sip:111@a>;index=1, <sip:222@a>;index=1.1']], false).diverted).toEqual([]);
  });

  it('keep few of many diversions', () => {
    const many = Array.from({ length: 50 }, (_, i) => ['Diversion', `<sip:${i}@a>`] as const);
    expect(facts(many).diverted).toHaveLength(10);
  });
});
