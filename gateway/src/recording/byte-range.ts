/**
 * The Range header of a request (RFC 9110 §14.1.2), pure: which bytes of a representation are wanted. Offsets count from 0, `end` is the
 * byte after the last.
 */
export type WantedBytes =
  | { readonly of: 'whole' }
  | { readonly of: 'part'; readonly start: number; readonly end: number }
  | { readonly of: 'none' };

const WHOLE: WantedBytes = { of: 'whole' };

/**
 * @param header as it came; absent, of another unit, malformed, or of several ranges it asks for nothing in particular: a server may
 * answer the whole then (§14.2)
 * @param size of the representation, bytes
 */
export function wantedBytes(header: string | undefined, size: number): WantedBytes {
  const parts = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.replaceAll(/[ \t]/g, '') ?? '');
  const [, first = '', last = ''] = parts ?? [];
  if (!parts || (first === '' && last === '')) return WHOLE;
  if (first === '') {
    const wanted = Math.min(Number(last), size); // the last so many bytes
    return wanted === 0 ? { of: 'none' } : { of: 'part', start: size - wanted, end: size };
  }
  const start = Number(first);
  if (last !== '' && Number(last) < start) return WHOLE; // malformed by §14.1.1, and to be ignored
  if (start >= size) return { of: 'none' };
  return { of: 'part', start, end: last === '' ? size : Math.min(Number(last) + 1, size) };
}
