/** RFC 3263 by its rules: what a URI leaves to be looked up, and in which order the answers are tried. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type NaptrRecord, orderSrv, preferredService, questionOf, type SrvRecord, usualServices } from './locate.ts';

describe('what is looked up', () => {
  it.each([
    ['sip:192.0.2.1', { ask: 'nothing', place: { address: '192.0.2.1', port: 5060, transport: 'udp' } }],
    ['sips:[2001:db8::1]', { ask: 'nothing', place: { address: '2001:db8::1', port: 5061, transport: 'tls' } }],
    ['sip:x@carrier.example:5080', { ask: 'addresses', host: 'carrier.example', port: 5080, transport: 'udp' }],
    ['sip:carrier.example:5080;transport=tcp', { ask: 'addresses', host: 'carrier.example', port: 5080, transport: 'tcp' }],
    ['sip:Carrier.example', { ask: 'services', domain: 'carrier.example', transport: null, isSecure: false }],
    ['sip:carrier.example;transport=tls', { ask: 'services', domain: 'carrier.example', transport: 'tls', isSecure: false }],
    ['sips:carrier.example', { ask: 'services', domain: 'carrier.example', transport: 'tls', isSecure: true }],
    ['tel:+861012345678', null],
    ['sip:carrier.example;transport=sctp', null],
  ])('%s', (uri, question) => {
    expect(questionOf(uri)).toEqual(question);
  });
});

describe('the service of a domain', () => {
  const naptr = (order: number, service: string, preference = 10, flags = 's'): NaptrRecord => ({
    ...{ order, preference, flags, service },
    replacement: `${service}.carrier.example`,
  });
  const any = { transport: null, isSecure: false };

  it('is the lowest order, then the lowest preference, among those we speak', () => {
    expect(preferredService([naptr(50, 'SIP+D2U'), naptr(20, 'SIP+D2T', 20), naptr(20, 'SIPS+D2T', 10)], any)?.transport).toBe('tls');
    expect(preferredService([naptr(10, 'SIP+D2S'), naptr(20, 'sip+d2t')], any)).toEqual({
      transport: 'tcp',
      name: 'sip+d2t.carrier.example',
    });
    expect(preferredService([naptr(10, 'SIP+D2U', 10, 'u')], any)).toBeNull();
  });

  it('is TLS for sips: and nothing else', () => {
    expect(preferredService([naptr(10, 'SIP+D2U'), naptr(20, 'SIPS+D2T')], { transport: 'tls', isSecure: true })?.transport).toBe('tls');
    expect(preferredService([naptr(10, 'SIP+D2U')], { transport: 'tls', isSecure: true })).toBeNull();
  });

  it('is asked for by name where there is no NAPTR', () => {
    const names = (...asked: Parameters<typeof usualServices>): string[] => usualServices(...asked).map(({ name }) => name);
    expect(names('c.example', null, false)).toEqual(['_sip._udp.c.example', '_sip._tcp.c.example']);
    expect(names('c.example', null, true)[0]).toBe('_sips._tcp.c.example');
    expect(names('c.example', 'tcp', true)).toEqual(['_sip._tcp.c.example']);
  });
});

describe('the order of SRV records (RFC 2782)', () => {
  const srv = (name: string, priority: number, weight: number): SrvRecord => ({ name, priority, weight, port: 5060 });

  it('keeps priorities upwards, loses none and doubles none, whatever the dice', () => {
    const records = fc.array(fc.record({ priority: fc.nat(3), weight: fc.nat(100), port: fc.nat(65_535), name: fc.uuid() }), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(records, fc.array(fc.double({ min: 0, max: 0.999_999, noNaN: true }), { minLength: 1 }), (list, dice) => {
        let at = 0;
        const order = orderSrv(list, () => dice[at++ % dice.length] ?? 0);
        expect(new Set(order)).toEqual(new Set(list));
        expect(order).toHaveLength(list.length);
        expect(order.map(({ priority }) => priority)).toEqual(list.map(({ priority }) => priority).toSorted((a, b) => a - b));
      }),
    );
  });

  it('draws by weight inside a priority', () => {
    let seed = 7;
    const random = (): number => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
    const first = Array.from({ length: 4000 }, () => orderSrv([srv('a', 1, 75), srv('b', 1, 25)], random)[0]?.name);
    const share = first.filter((name) => name === 'a').length / first.length;
    expect(share).toBeGreaterThan(0.7);
    expect(share).toBeLessThan(0.8);
  });

  it('takes a single dot as "no such service"', () => {
    expect(orderSrv([srv('.', 0, 0), srv('', 0, 0)], () => 0)).toEqual([]);
  });
});
