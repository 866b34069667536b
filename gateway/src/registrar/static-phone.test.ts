/** A phone at a static address may dial by its place only where nobody else can take that place. */
import { expect, it } from 'vitest';
import { isProvedByPlace } from './static-phone.ts';

it.each([
  ['udp', '192.0.2.7', false],
  ['tcp', '192.0.2.7', false],
  ['tls', '192.0.2.7', true],
  ['udp', '127.0.0.1', true],
  ['udp', '127.9.9.9', true],
  ['udp', '::1', true],
  ['udp', '::ffff:192.0.2.7', false],
  ['udp', '2001:db8::1', false],
] as const)('%s from %s proves itself by its place: %s', (transport, address, proves) => {
  expect(isProvedByPlace({ address, transport }, 'prove')).toBe(proves);
  expect(isProvedByPlace({ address, transport }, 'address')).toBe(true);
});
