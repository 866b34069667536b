/**
 * Calls an outside number: trunk after trunk in the order of `trunks/selection.ts`, each told the number in its own spelling. A fault of the
 * way tries the next trunk; the verdict of the far end is final. A redirection stays with the hosts of the trunk (toll fraud).
 */
import { randomBytes } from 'node:crypto';
import type { Clock } from '@keepline/contracts/clock';
import { KeeplineError } from '@keepline/contracts/errors';
import type { CallId } from '@keepline/contracts/ids';
import type { OutsideCall, OutsideLine, OutsideOutcome } from '../calls/outside-line.ts';
import type { CallMedia, MediaLeg } from '../media/edge.ts';
import { acceptAnswer, offerAudio } from '../sdp/offer-answer.ts';
import { canOffer, newSrtpTerms } from '../sdp/srtp-terms.ts';
import { InviteRefused } from '../sip/errors.ts';
import type { Locator } from '../sip/locator.ts';
import { redirectsTo } from '../sip/redirect.ts';
import type { SipSource } from '../sip/transport.ts';
import { formatUri, parseUri, type SipUri } from '../sip/uri.ts';
import type { OutgoingCall, UserAgent } from '../sip/user-agent.ts';
import { mayDial } from '../trunks/dialling-policy.ts';
import { dialString, readNumber } from '../trunks/numbers.ts';
import { isWorthAnother } from '../trunks/selection.ts';
import { rulesOf, type Trunk } from '../trunks/trunk-table.ts';
import { newSdpIdentity, sipLeg } from './sip-leg.ts';

/** Redirections one call may follow. */
const REDIRECTS_MAX = 3;
/** A trunk over which nothing rings for this long is given up for the next, ms; carriers connect abroad in less. */
const FIRST_SIGN_MS = 12_000;

export interface TrunkCallParts {
  readonly userAgent: Pick<UserAgent, 'invite'>;
  readonly watch: {
    order(random: () => number): readonly Trunk[];
    tried(trunk: string, outcome: { readonly status: number } | 'timeout' | 'transport'): void;
  };
  /** Where the target of a trunk is (RFC 3263). */
  readonly places: Pick<Locator, 'locate' | 'failed' | 'worked'>;
  readonly media: ReadonlyMap<CallId, CallMedia>;
  readonly clock: Clock;
  /** `sip:site@host:port`, shown where a trunk has no `callerId`. */
  readonly siteUri: string;
  readonly allowed: readonly string[];
  readonly ringMs: number;
  readonly random: () => number;
  /** SRTP keys may be named over UDP and TCP too; default false. */
  readonly srtpKeysWithoutTls?: boolean;
}

export function outsideLine(parts: TrunkCallParts): OutsideLine {
  return {
    check(text) {
      const [first] = parts.watch.order(parts.random);
      if (!first) throw new DialNoTrunk();
      return mayDial(text, rulesOf(first.config), parts.allowed).national;
    },
    dial: (number, callId) => dial(parts, number, callId),
  };
}

function dial(parts: TrunkCallParts, number: string, callId: CallId): OutsideCall {
  const { promise: outcome, resolve } = Promise.withResolvers<OutsideOutcome>();
  const endsMs = parts.clock.monotonicMs() + parts.ringMs;
  let ringing: OutgoingCall | undefined;
  let withdrawn = false;
  const run = async (): Promise<OutsideOutcome> => {
    const media = parts.media.get(callId);
    if (!media) return { outcome: 'unreachable' };
    const place = await media.openLeg('agent');
    let last: Failed = { outcome: 'unreachable' };
    for (const trunk of parts.watch.order(parts.random)) {
      const { clock } = parts;
      const tried = await tryTrunk(parts, trunk, {
        ...{ number, place, made: (call) => (ringing = call) },
        leftMs: () => (withdrawn ? 0 : endsMs - clock.monotonicMs()),
      });
      if (tried.outcome === 'answered') {
        if (!withdrawn) return tried;
        tried.leg.hangup();
        break;
      }
      last = tried;
      if (!tried.another || withdrawn) break;
    }
    place.close();
    return withdrawn ? { outcome: 'withdrawn' } : { outcome: last.outcome };
  };
  run().then(resolve, () => resolve({ outcome: 'unreachable' }));
  return {
    outcome,
    withdraw() {
      withdrawn = true;
      ringing?.hangup();
    },
  };
}

type Failed = Exclude<OutsideOutcome, { outcome: 'answered' }>;
type Tried = Extract<OutsideOutcome, { outcome: 'answered' }> | (Failed & { readonly another: boolean });

interface Wish {
  readonly number: string;
  readonly place: MediaLeg;
  /** What is left of the time it may ring, ms; 0 or less when nobody waits any more. */
  readonly leftMs: () => number;
  readonly made: (call: OutgoingCall) => void;
}

/** One place of the trunk after the other, as DNS ordered them, until one takes the call or speaks for the trunk (RFC 3263 §4.3). */
async function tryTrunk(parts: TrunkCallParts, trunk: Trunk, wish: Wish): Promise<Tried> {
  let tried: Tried = { outcome: 'unreachable', another: true };
  for (const hop of await parts.places.locate(trunk.config.target)) {
    if (wish.leftMs() <= 0) break;
    tried = await tryPlace(parts, trunk, hop, wish);
    if (tried.outcome === 'answered' || !tried.another) return tried;
    parts.places.failed(hop);
  }
  return tried;
}

async function tryPlace(parts: TrunkCallParts, trunk: Trunk, hop: SipSource, { number, place, leftMs, made }: Wish): Promise<Tried> {
  const rules = rulesOf(trunk.config);
  const digits = dialString(readNumber(number, rules), rules);
  const target = parseUri(trunk.config.target);
  const allowance = trunk.admit(parts.clock.monotonicMs());
  if (digits === null || target === null || !allowance.admitted) {
    if (allowance.admitted) allowance.release();
    return { outcome: 'unreachable', another: true };
  }
  const mayNameKeys = parts.srtpKeysWithoutTls === true || hop.transport === 'tls';
  const terms = newSrtpTerms(trunk.config.srtp, mayNameKeys, randomBytes);
  if (!canOffer(terms)) {
    allowance.release();
    return { outcome: 'unreachable', another: true };
  }
  const identity = newSdpIdentity(terms);
  const offer = offerAudio({ address: place.address, rtpPort: place.port, ...identity });
  let rang = false;
  let stopWaiting = (): void => {};
  try {
    const call = parts.userAgent.invite(formatUri({ ...target, user: digits, headers: '' }), offer, {
      from: { uri: shownAs(trunk, parts.siteUri), displayName: '' },
      timeoutMs: leftMs(),
      hop,
      redirect: redirectsTo([target.host], REDIRECTS_MAX),
    });
    made(call);
    void call.ended.then(allowance.release);
    stopWaiting = parts.clock.after(FIRST_SIGN_MS, () => call.hangup());
    call.ringing.then(
      () => {
        rang = true;
        stopWaiting();
      },
      () => {}, // `answered` says why
    );
    const answer = await call.answered;
    parts.watch.tried(trunk.name, { status: 200 });
    parts.places.worked(hop);
    const leg = sipLeg(call, place, identity);
    place.setRemote(acceptAnswer(offer, answer));
    return { outcome: 'answered', leg, trunk: trunk.name };
  } catch (fault) {
    allowance.release();
    const end = fault instanceof InviteRefused ? { status: fault.status } : ('timeout' as const);
    if (rang && typeof end === 'string') return { outcome: 'no_answer', another: false };
    parts.watch.tried(trunk.name, end);
    if (typeof end === 'string') return { outcome: 'unreachable', another: true };
    return { ...verdictOf(end.status), another: isWorthAnother(end) };
  } finally {
    stopWaiting();
  }
}

/** RFC 3261 §21.4 and §21.6, as an agent would say it. */
function verdictOf(status: number): { readonly outcome: 'busy' | 'no_answer' | 'refused' | 'unreachable' } {
  if (status === 486 || status === 600) return { outcome: 'busy' };
  if (status === 408 || status === 480 || status === 487) return { outcome: 'no_answer' };
  return { outcome: isWorthAnother({ status }) ? 'unreachable' : 'refused' };
}

/** The number of the trunk at our own host; without one the name of the site. */
function shownAs({ config }: Trunk, siteUri: string): string {
  const site: SipUri | null = parseUri(siteUri);
  return config.callerId === '' || site === null ? siteUri : formatUri({ ...site, user: config.callerId });
}

export class DialNoTrunk extends KeeplineError {
  constructor() {
    super('DIAL_NO_TRUNK', 'no trunk of this site can take a call out now', {
      hint: 'A trunk needs a `target` and room for a call; ./keepline status shows which are up.',
    });
  }
}
