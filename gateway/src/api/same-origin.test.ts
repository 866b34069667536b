import { describe, expect, it } from 'vitest';
import { mayAct } from './same-origin.ts';

const host = 'desk.bank.cn:8443';
const may = (method: string, headers: Record<string, string>, isUpgrade = false): boolean =>
  mayAct({ method, isUpgrade, headers: { host, ...headers } }, 'https');

describe('a request', () => {
  it('that reads needs no proof; that changes something needs the header, and our origin where one is sent', () => {
    expect(may('GET', { origin: 'https://evil.example' })).toBe(true);
    expect(may('POST', {})).toBe(false);
    expect(may('POST', { 'x-keepline': 'desk' })).toBe(true);
    expect(may('POST', { 'x-keepline': 'desk', origin: `https://${host}` })).toBe(true);
    expect(may('DELETE', { 'x-keepline': 'desk', origin: 'https://evil.example' })).toBe(false);
  });

  it.each([
    'https://desk.bank.cn',
    'http://desk.bank.cn:8443',
    'https://desk.bank.cn:8443.evil.example',
    'https://evil.example',
    'null',
    '',
    'https://',
  ])('from %s is not ours', (origin) => expect(may('POST', { 'x-keepline': 'desk', origin })).toBe(false));

  it('for a socket needs our origin: sockets know no preflight (RFC 6455 §10.2)', () => {
    expect(may('GET', {}, true)).toBe(false);
    expect(may('GET', { origin: `https://${host}` }, true)).toBe(true);
    expect(may('GET', { origin: 'https://evil.example', 'x-keepline': 'desk' }, true)).toBe(false);
  });

  it('leaves the default port out as browsers do', () => {
    const head = {
      method: 'POST',
      isUpgrade: false,
      headers: { host: 'desk.bank.cn', origin: 'https://desk.bank.cn:443', 'x-keepline': 'desk' },
    };
    expect(mayAct(head, 'https')).toBe(true);
  });
});
