import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_URI_CHARS } from './limits.ts';
import { parseNameAddr, parseVia, printable, quoted } from './parse-header.ts';
import { formatUri, parseUri, type SipUri } from './uri.ts';

describe('parseUri (RFC 3261 §19.1)', () => {
  it.each([
    ['sip:95588@10.0.0.1', { scheme: 'sip', user: '95588', host: '10.0.0.1', port: null }],
    ['SIP:%2B86138@bank.example:5070;transport=TCP', { scheme: 'sip', user: '+86138', port: 5070 }],
    ['sip:alice:secret@host', { user: 'alice', host: 'host' }],
    ['sip:a;b?c@host', { user: 'a;b?c', host: 'host' }],
    ['sips:[2001:db8::1]:5061', { scheme: 'sips', user: '', host: '[2001:db8::1]', port: 5061 }],
    ['sip:host?Subject=x', { host: 'host', headers: 'Subject=x' }],
    ['tel:+86-138-0000;phone-context=a', { scheme: 'tel', user: '+86-138-0000', host: '' }],
    ['sip:%E6%9D%8E@host', { user: '李' }],
    ['sip:%zz@host', { user: '%zz' }],
  ])('reads %s', (text, parts) => {
    expect(parseUri(text)).toMatchObject(parts);
  });

  it.each([
    '',
    'sip:',
    'sip:@host',
    'http://x',
    'sip:a@b@c',
    'sip:a b@host',
    'sip:a@host:0',
    'sip:a@host:70000',
    'sip:a@[::1',
    'sip:a@ho<st',
    'tel:',
    'tel:abc xyz',
    `sip:${'a'.repeat(MAX_URI_CHARS)}`,
  ])('refuses %j', (text) => {
    expect(parseUri(text)).toBeNull();
  });

  it('reads back what formatUri writes', () => {
    const part = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 });
    const uri: fc.Arbitrary<SipUri> = fc.record({
      scheme: fc.constantFrom('sip' as const, 'sips' as const),
      user: fc.oneof(fc.constant(''), part),
      host: fc.constantFrom('10.0.0.1', 'bank.example', '[2001:db8::1]'),
      port: fc.option(fc.integer({ min: 1, max: 65_535 })),
      params: fc
        .array(fc.tuple(fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/), fc.oneof(fc.constant(''), part)))
        .map((pairs) => new Map(pairs)),
      headers: fc.constantFrom('', 'Subject=x'),
    });
    fc.assert(
      fc.property(uri, (written) => {
        expect(parseUri(formatUri(written))).toEqual(written);
      }),
    );
  });
});

describe('parseNameAddr (RFC 3261 §20.10)', () => {
  it('reads back a quoted display name, and lets none of it open a header', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 20 }), (name) => {
        const text = `${quoted(name)} <sip:a@b>;tag=1`;
        expect(text).not.toMatch(/[\r\n]/);
        expect(parseNameAddr(text)).toEqual({
          displayName: printable(name),
          uri: 'sip:a@b',
          params: new Map([['tag', '1']]),
        });
      }),
    );
  });

  it('gives parameters without brackets to the header, and reads a bracket inside quotes as text', () => {
    expect(parseNameAddr('sip:a@b;tag=1')).toEqual({ displayName: '', uri: 'sip:a@b', params: new Map([['tag', '1']]) });
    expect(parseNameAddr('"<sip:x@y>" <sip:a@b;x=1>')).toMatchObject({ displayName: '<sip:x@y>', uri: 'sip:a@b;x=1' });
  });

  it.each(['', '<sip:a@b', '"open <sip:a@b>', '<>', 'no uri', '<sip:a@b> trailing'])('refuses %j', (text) => {
    expect(parseNameAddr(text)).toBeNull();
  });
});

describe('parseVia (RFC 3261 §20.42)', () => {
  it('reads an IPv6 sender, rport and a branch', () => {
    expect(parseVia('SIP/2.0/UDP [2001:db8::9]:5070;branch=z9hG4bKx;rport')).toMatchObject({
      host: '[2001:db8::9]',
      port: 5070,
      branch: 'z9hG4bKx',
      rport: true,
    });
  });
  it.each(['', 'SIP/2.0/UDP', 'HTTP/2.0/UDP a', 'SIP/2.0/UDP a:99999', 'SIP/2.0/UDP [::1'])('refuses %j', (text) => {
    expect(parseVia(text)).toBeNull();
  });
});
