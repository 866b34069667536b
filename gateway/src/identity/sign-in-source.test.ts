import { describe, expect, it } from 'vitest';
import { roleKeptOut } from './sign-in-source.ts';

const limits = [
  { role: 'system_admin', networks: ['10.9.0.0/24', 'fd00:9::/64'] },
  { role: 'agent', networks: ['10.0.0.0/8'] },
];

describe('where a role may sign in from', () => {
  it.each([
    ['system_admin', '10.9.0.7', undefined],
    ['system_admin', '::ffff:10.9.0.7', undefined],
    ['system_admin', 'fd00:9::1', undefined],
    ['system_admin', '10.9.1.7', 'system_admin'],
    ['system_admin', 'fd00:8::1', 'system_admin'],
    ['system_admin', 'localhost', 'system_admin'],
    ['security_admin', '203.0.113.9', undefined],
  ] as const)('%s from %s: kept out %s', (role, from, kept) => {
    expect(roleKeptOut([role], from, limits)).toBe(kept);
  });

  it('is decided by the narrowest of several roles', () => {
    expect(roleKeptOut(['agent', 'system_admin'], '10.1.1.1', limits)).toBe('system_admin');
  });

  it('shuts a role out when its network is misspelt, instead of letting it in', () => {
    for (const network of ['10.0.0.0/99', '10.0.0/8', '', '10.0.0.0/x'])
      expect(roleKeptOut(['agent'], '10.0.0.1', [{ role: 'agent', networks: [network] }])).toBe('agent');
  });
});
