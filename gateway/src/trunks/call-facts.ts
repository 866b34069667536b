/**
 * Who calls and by which way, read from an INVITE: P-Asserted-Identity and Privacy (RFC 3325, RFC 3323), Diversion (RFC 5806) and
 * History-Info (RFC 7044). Pure. Everything here is personal data.
 */
import type { Headers } from '../sip/message.ts';
import { parseNameAddr } from '../sip/parse-header.ts';
import { parseUri } from '../sip/uri.ts';

/** A number the call was meant for before. */
export interface Diverted {
  readonly number: string;
  /** As written: `no-answer`, `user-busy`; for History-Info the SIP cause (RFC 4458); '' when not said. */
  readonly reason: string;
}

export interface CallFacts {
  /** As the trunk wrote it; '' when there is none. */
  readonly number: string;
  readonly name: string;
  /** Asserted by a network we trust, not only claimed by the caller. */
  readonly isAsserted: boolean;
  /** The caller asked not to be shown: the desk says anonymous, the record keeps the number. */
  readonly isPrivate: boolean;
  /** First diverted first. */
  readonly diverted: readonly Diverted[];
}

/** Diversions kept of one call; more is a loop. */
const MAX_DIVERTED = 10;

/**
 * @param trusts whether this trunk is inside the trust domain (RFC 3325 §2.4): only then its assertions count, and only then Privacy is
 * an order to us; from anyone else an assertion is what anybody may write and is not looked at
 */
export function readCallFacts(headers: Headers, from: { readonly number: string; readonly name: string }, trusts: boolean): CallFacts {
  const privacy = (headers.get('privacy') ?? '')
    .toLowerCase()
    .split(';')
    .map((value) => value.trim());
  const isPrivate = privacy.some((value) => value === 'id' || value === 'user' || value === 'header') || /^anonymous$/i.test(from.number);
  const asserted = trusts ? assertedOf(headers) : null;
  return {
    number: asserted?.number ?? from.number,
    name: asserted?.name ?? from.name,
    isAsserted: asserted !== null,
    isPrivate,
    diverted: trusts ? divertedOf(headers) : [],
  };
}

/** One or two values: a sip: and a tel: URI (RFC 3325 §9.1). The one with a telephone number is taken. */
function assertedOf(headers: Headers): { number: string; name: string } | null {
  const parties = (headers.list('p-asserted-identity') ?? []).flatMap((value) => {
    const party = parseNameAddr(value);
    const uri = party === null ? null : parseUri(party.uri);
    return party === null || uri === null || uri.user === '' ? [] : [{ number: numberOf(uri.user), name: party.displayName }];
  });
  return parties.find(({ number }) => /^\+?[0-9]/.test(number)) ?? parties[0] ?? null;
}

/** Diversion is written last first (RFC 5806 §4), History-Info in order with the present target at its end (RFC 7044 §10). */
function divertedOf(headers: Headers): Diverted[] {
  const diversions = (headers.list('diversion') ?? []).flatMap((value) => {
    const party = parseNameAddr(value);
    const uri = party === null ? null : parseUri(party.uri);
    return party === null || uri === null ? [] : [{ number: numberOf(uri.user), reason: party.params.get('reason') ?? '' }];
  });
  if (diversions.length > 0) return diversions.toReversed().slice(0, MAX_DIVERTED);
  const entries = (headers.list('history-info') ?? []).flatMap((value) => {
    const uri = parseUri(parseNameAddr(value)?.uri ?? '');
    return uri === null
      ? []
      : [{ number: numberOf(uri.user), cause: uri.params.get('cause') ?? /cause(?:=|%3D)([0-9]+)/i.exec(uri.headers)?.[1] ?? '' }];
  });
  const history: Diverted[] = [];
  for (const [i, { number }] of entries.entries()) {
    const next = entries[i + 1];
    // A retarget inside one number (a registrar naming a phone) is no diversion.
    if (next !== undefined && next.number !== number) history.push({ number, reason: next.cause });
  }
  return history.slice(0, MAX_DIVERTED);
}

/** The user part without its own parameters (RFC 3261 §19.1.6, telephone-subscriber). */
const numberOf = (user: string): string => user.split(';', 1)[0] ?? '';
