/** Redirection (RFC 3261 §8.1.3.4, §13.2.3.1), pure: which of the targets of a 3xx may be called next. */
import type { Headers } from './message.ts';
import { parseNameAddr } from './parse-header.ts';
import { parseUri, type SipUri } from './uri.ts';

export interface RedirectPolicy {
  /** How many redirections one call may follow. */
  readonly maxHops: number;
  /** Whether calls may be sent there: a carrier's own hosts, never a number of its choice elsewhere (toll fraud). */
  allows(target: SipUri): boolean;
}

/**
 * The Contacts of a 3xx in the order of their q, without those tried already.
 * @param hops redirections followed so far
 */
export function redirectTargets(
  headers: Headers,
  policy: RedirectPolicy | undefined,
  hops: number,
  tried: ReadonlySet<string>,
): readonly string[] {
  if (policy === undefined || hops >= policy.maxHops) return [];
  const targets: Array<{ readonly uri: string; readonly q: number }> = [];
  for (const value of headers.list('contact') ?? []) {
    const contact = parseNameAddr(value);
    const uri = contact === null ? null : parseUri(contact.uri);
    if (contact === null || uri === null || uri.headers !== '' || tried.has(contact.uri) || !policy.allows(uri)) continue;
    const q = Number(contact.params.get('q') ?? '1');
    targets.push({ uri: contact.uri, q: q >= 0 && q <= 1 ? q : 0 });
  }
  return targets.toSorted((a, b) => b.q - a.q).map(({ uri }) => uri);
}
