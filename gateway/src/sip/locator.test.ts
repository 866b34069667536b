/** Names of trunks against a DNS server on loopback, asked in real packets; time turned by hand. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DnsServer } from '@keepline/testkit/dns-server';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { Locator } from './locator.ts';
import { NameCache } from './name-cache.ts';

let dns: DnsServer;
let clock: FakeClock;
let names: NameCache;
let locator: Locator;

beforeEach(async () => {
  dns = await DnsServer.open();
  clock = new FakeClock();
  names = new NameCache({ clock, servers: [dns.place], timeoutMs: 100 });
  locator = new Locator({ clock, names, families: [4, 6], canTls: true, random: () => 0 });
  dns.zone.set('one.example', [{ type: 'A', address: '192.0.2.1' }]);
  dns.zone.set('two.example', [
    { type: 'A', address: '192.0.2.2' },
    { type: 'AAAA', address: '2001:db8::2' },
  ]);
  dns.zone.set('_sip._udp.carrier.example', [
    { type: 'SRV', priority: 20, weight: 0, port: 5070, name: 'two.example' },
    { type: 'SRV', priority: 10, weight: 0, port: 5060, name: 'one.example' },
  ]);
});
afterEach(async () => {
  names.close();
  await dns.close();
});

const found = async (uri: string): Promise<string[]> =>
  (await locator.locate(uri)).map(({ transport, address, port }) => `${transport} ${address} ${port}`);

describe('a domain', () => {
  it('leads by SRV to every place of it, priorities first, both families', async () => {
    expect(await found('sip:carrier.example')).toEqual(['udp 192.0.2.1 5060', 'udp 192.0.2.2 5070', 'udp 2001:db8::2 5070']);
  });

  it('says by NAPTR which transport it wants; on TLS the certificate must be for the domain, not for where DNS led', async () => {
    dns.zone.set('carrier.example', [
      { type: 'NAPTR', order: 20, preference: 1, flags: 's', service: 'SIP+D2U', replacement: '_sip._udp.carrier.example' },
      { type: 'NAPTR', order: 10, preference: 1, flags: 'S', service: 'SIPS+D2T', replacement: '_sips._tcp.carrier.example' },
    ]);
    dns.zone.set('_sips._tcp.carrier.example', [{ type: 'SRV', priority: 1, weight: 1, port: 5071, name: 'one.example' }]);
    expect(await locator.locate('sip:carrier.example')).toEqual([
      { address: '192.0.2.1', port: 5071, transport: 'tls', domain: 'carrier.example' },
    ]);
  });

  it('is a plain host where it has no services, and is asked only for what its URI leaves open', async () => {
    expect(await found('sip:one.example')).toEqual(['udp 192.0.2.1 5060']);
    dns.asked.length = 0;
    expect(await found('sip:two.example:5099;transport=tcp')).toEqual(['tcp 192.0.2.2 5099', 'tcp 2001:db8::2 5099']);
    expect(dns.asked).toEqual(['A two.example', 'AAAA two.example']);
    dns.asked.length = 0;
    expect(await found('sip:192.0.2.7')).toEqual(['udp 192.0.2.7 5060']);
    expect(dns.asked).toEqual([]);
  });

  it('that leads nowhere has no place, and is not asked for again for a while', async () => {
    expect(await found('sip:nowhere.example')).toEqual([]);
    const asked = dns.asked.length;
    expect(await found('sip:nowhere.example')).toEqual([]);
    expect(dns.asked).toHaveLength(asked);
    await clock.advanceAsync(31_000);
    dns.zone.set('nowhere.example', [{ type: 'A', address: '192.0.2.9' }]);
    expect(await found('sip:nowhere.example')).toEqual(['udp 192.0.2.9 5060']);
  });
});

describe('what DNS said', () => {
  it('is used until its TTL has passed, and no longer', async () => {
    dns.ttl = 40;
    await found('sip:one.example:5060');
    dns.zone.set('one.example', [{ type: 'A', address: '192.0.2.99' }]);
    await clock.advanceAsync(39_000);
    expect(await found('sip:one.example:5060')).toEqual(['udp 192.0.2.1 5060']);
    await clock.advanceAsync(2000);
    expect(await found('sip:one.example:5060')).toEqual(['udp 192.0.2.99 5060']);
  });

  it('is used on where no server answers any more, for a day', async () => {
    const before = await found('sip:carrier.example');
    dns.isSilent = true;
    await clock.advanceAsync(3_600_000);
    expect(await found('sip:carrier.example')).toEqual(before);
    await clock.advanceAsync(24 * 3_600_000);
    expect(await found('sip:carrier.example')).toEqual([]);
  }, 60_000);

  it('is asked once for callers who come together', async () => {
    await Promise.all(Array.from({ length: 20 }, () => locator.locate('sip:one.example:5060')));
    expect(dns.asked).toEqual(['A one.example', 'AAAA one.example']);
  });

  it('is kept for a bounded number of names', async () => {
    const cached = { naptr: 0 };
    for (let i = 0; i < 2100; i++) {
      await names.naptr(`name${i}.example`);
      cached.naptr = Math.max(cached.naptr, names.size);
    }
    expect(cached.naptr).toBe(2000);
  }, 60_000);
});

describe('a place that failed', () => {
  it('comes last for five minutes, or until it worked', async () => {
    const [first] = await locator.locate('sip:carrier.example');
    if (!first) return expect.unreachable('no place');
    locator.failed(first);
    expect((await found('sip:carrier.example')).at(-1)).toBe('udp 192.0.2.1 5060');
    locator.worked(first);
    expect((await found('sip:carrier.example'))[0]).toBe('udp 192.0.2.1 5060');
    locator.failed(first);
    await clock.advanceAsync(301_000);
    expect((await found('sip:carrier.example'))[0]).toBe('udp 192.0.2.1 5060');
  });

  it('is known as a place of its URI, so that its challenge is answered with the secret of that trunk', async () => {
    await locator.locate('sip:carrier.example');
    expect(locator.isPlaceOf('sip:carrier.example', { address: '192.0.2.2', port: 5070, transport: 'udp' })).toBe(true);
    expect(locator.isPlaceOf('sip:carrier.example', { address: '192.0.2.2', port: 5060, transport: 'udp' })).toBe(false);
  });
});
