/** Header names: the compact forms of RFC 3261 §7.3.3, and the one spelling used for look-up (lower case, long form). */
const COMPACT: ReadonlyMap<string, string> = new Map([
  ['i', 'call-id'],
  ['m', 'contact'],
  ['e', 'content-encoding'],
  ['l', 'content-length'],
  ['c', 'content-type'],
  ['f', 'from'],
  ['s', 'subject'],
  ['k', 'supported'],
  ['t', 'to'],
  ['v', 'via'],
  ['u', 'allow-events'], // RFC 6665
  ['o', 'event'], // RFC 6665
  ['r', 'refer-to'], // RFC 3515
  ['b', 'referred-by'], // RFC 3892
  ['x', 'session-expires'], // RFC 4028
]);

/** The spelling under which a header is found, whatever way it was written. */
export function headerKey(name: string): string {
  const lower = name.toLowerCase();
  return lower.length === 1 ? (COMPACT.get(lower) ?? lower) : lower;
}
