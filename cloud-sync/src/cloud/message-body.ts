/** The text of a message of the stream, unpacked where the sender compressed it (`Content-Encoding: zstd`). */
import { zstdDecompressSync } from 'node:zlib';
import { CLOUD_EVENT_MAX_BYTES } from '@keepline/contracts/events';

interface Body {
  readonly data: Uint8Array;
  readonly headers?: { get(name: string): string; has(name: string): boolean } | undefined;
}

/** '' for a body that cannot be unpacked or grows above the bound of an event: it is no event then. */
export function bodyText({ data, headers }: Body): string {
  const encoding = headers?.has('Content-Encoding') === true ? headers.get('Content-Encoding') : '';
  if (encoding === '') return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('utf8');
  if (encoding !== 'zstd') return '';
  try {
    return zstdDecompressSync(data, { maxOutputLength: CLOUD_EVENT_MAX_BYTES }).toString('utf8');
  } catch {
    return '';
  }
}
