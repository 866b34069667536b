import { zstdCompressSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { bodyText } from './message-body.ts';

const encoded = (data: Uint8Array, encoding: string) => ({ data, headers: { has: () => true, get: () => encoding } });

it('reads plain and compressed bodies, and nothing that is broken, unknown or a bomb', () => {
  expect(bodyText({ data: Buffer.from('{"余额":1}') })).toBe('{"余额":1}');
  expect(bodyText(encoded(zstdCompressSync(Buffer.from('{"余额":1}')), 'zstd'))).toBe('{"余额":1}');
  expect(bodyText(encoded(Buffer.from('{}'), 'zstd'))).toBe('');
  expect(bodyText(encoded(Buffer.from('{}'), 'br'))).toBe('');
  expect(bodyText(encoded(zstdCompressSync(Buffer.alloc(1_000_000)), 'zstd'))).toBe('');
});
