/** Compression of large events, where the other end unpacks it. Pure. The measurement behind the bound is in docs/adr/0007-compression.md. */
import { zstdCompressSync } from 'node:zlib';

/** Below this an event costs more time than it saves bytes: 320 bytes shrink by a quarter, 1280 by two thirds. */
export const PACK_FROM_BYTES = 1024;

/** The body as it goes on the wire; as it is when it is short, when nobody would unpack it, or when packing does not make it shorter. */
export function packed(body: string, zstd: boolean): { readonly body: string | Uint8Array; readonly encoding?: 'zstd' } {
  if (!zstd || body.length < PACK_FROM_BYTES) return { body };
  const smaller = zstdCompressSync(body);
  return smaller.length < Buffer.byteLength(body) ? { body: smaller, encoding: 'zstd' } : { body };
}
