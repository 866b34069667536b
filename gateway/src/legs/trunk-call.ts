/**
 * Calls an outside number: trunk after trunk in the order of `trunks/selection.ts`, each told the number in its own spelling. A fault of the
 * way tries the next trunk; the verdict of the far end is final. What the far end may ask is in `trunk-wishes.ts`.
 */
import { randomBytes } from 'node:crypto';
import type { Clock } from '@keepline/contracts/clock';
import { KeeplineError } from '@keepline/contracts/errors';
import type { CallId } from '@keepline/contracts/ids';
import type { Leg } from '../calls/leg.ts';
import type { OutsideCall, OutsideLine, OutsideOutcome, OutsideProgress } from '../calls/outside-line.ts';
import type { CallMedia, MediaLeg } from '../media/edge.ts';
import { acceptAnswer, offerAudio } from '../sdp/offer-answer.ts';
import { canOffer, newSrtpTerms } from '../sdp/srtp-terms.ts';
import { InviteRefused } from '../sip/errors.ts';
import type { Locator } from '../sip/locator.ts';
import type { SipSource } from '../sip/transport.ts';
import { formatUri, parseUri, type SipUri } from '../sip/uri.ts';
import type { OutgoingCall, UserAgent } from '../sip/user-agent.ts';
import { mayDial } from '../trunks/dialling-policy.ts';
import { dialString, readNumber } from '../trunks/numbers.ts';
import { isWorthAnother } from '../trunks/selection.ts';
import { rulesOf, type Trunk } from '../trunks/trunk-table.ts';
import { newSdpIdentity, sipLeg } from './sip-leg.ts';
import { ownCall } from './take-over.ts';
import { redirectPolicy, refuseReferrals, type TellWish } from './trunk-wishes.ts';

/** A trunk over which nothing rings for this long is given up for the next, ms; carriers connect abroad in less. */
const FIRST_SIGN_MS = 12_000;
/** A server that has not even said 100 after this long, ms, gives way where another is left: four INVITEs went unheard (RFC 3261 §17.1.1.2). */
const FIRST_WORD_MS = 4_000;

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
  readonly tellWish: TellWish;
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
  const listeners = new Set<(progress: OutsideProgress) => void>();
  let progress: OutsideProgress | undefined;
  const tell = (told: OutsideProgress): void => {
    if (progress?.is === 'early' && told.is === 'ringing') return; // it goes on speaking for itself (RFC 3960 §3.2)
    progress = told;
    for (const listener of listeners) listener(told);
  };
  const run = async (): Promise<OutsideOutcome> => {
    const media = parts.media.get(callId);
    if (!media) return { outcome: 'unreachable' };
    const place = await media.openLeg('agent');
    let last: Failed = { outcome: 'unreachable' };
    const order = parts.watch.order(parts.random);
    for (const trunk of order) {
      const { clock } = parts;
      const tried = await tryTrunk(parts, trunk, {
        ...{ number, place, isLast: trunk === order.at(-1), tell, made: (call) => (ringing = call) },
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
    if (withdrawn) return { outcome: 'withdrawn' };
    return last.cause === undefined ? { outcome: last.outcome } : { outcome: last.outcome, cause: last.cause };
  };
  run().then(resolve, () => resolve({ outcome: 'unreachable' }));
  return {
    outcome,
    onProgress(listener) {
      listeners.add(listener);
      if (progress !== undefined) listener(progress);
      return () => listeners.delete(listener);
    },
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
  readonly tell: (progress: OutsideProgress) => void;
  /** Nothing is left to try after this. */
  readonly isLast: boolean;
  /** What is left of the time it may ring, ms; 0 or less when nobody waits any more. */
  readonly leftMs: () => number;
  readonly made: (call: OutgoingCall) => void;
}

/** One place of the trunk after the other, as DNS ordered them, until one takes the call or speaks for the trunk (RFC 3263 §4.3). */
async function tryTrunk(parts: TrunkCallParts, trunk: Trunk, wish: Wish): Promise<Tried> {
  let tried: Tried = { outcome: 'unreachable', another: true };
  const hops = await parts.places.locate(trunk.config.target);
  for (const hop of hops) {
    if (wish.leftMs() <= 0) break;
    tried = await tryPlace(parts, trunk, hop, { ...wish, isLast: wish.isLast && hop === hops.at(-1) });
    if (tried.outcome === 'answered' || !tried.another) return tried;
    parts.places.failed(hop);
  }
  return tried;
}

async function tryPlace(
  parts: TrunkCallParts,
  trunk: Trunk,
  hop: SipSource,
  { number, place, isLast, leftMs, made, tell }: Wish,
): Promise<Tried> {
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
  let call: OutgoingCall | undefined;
  let rang = false;
  let stopWaiting = (): void => {};
  try {
    const asked = parts.userAgent.invite(formatUri({ ...target, user: digits, headers: '' }), offer, {
      from: { uri: shownAs(trunk, parts.siteUri), displayName: '' },
      timeoutMs: leftMs(),
      hop,
      redirect: redirectPolicy(trunk.config, parts.allowed, parts.tellWish),
    });
    call = asked;
    ownCall(asked, `trunk:${trunk.name}`);
    refuseReferrals(asked, trunk.name, parts.tellWish);
    made(asked);
    void asked.ended.then(allowance.release);
    const stopSign = parts.clock.after(FIRST_SIGN_MS, () => asked.hangup());
    const stopWord = isLast ? (): void => {} : parts.clock.after(FIRST_WORD_MS, () => asked.hangup());
    stopWaiting = () => {
      stopSign();
      stopWord();
    };
    asked.heard.then(stopWord, () => {}); // `answered` says why
    asked.ringing.then(
      () => {
        rang = true;
        stopSign();
        tell({ is: 'ringing' });
      },
      () => {},
    );
    let leg: Leg | undefined;
    const theLeg = (): Leg => (leg ??= sipLeg(asked, place, identity, asked.answered));
    asked.onEarlyMedia((early) => {
      try {
        place.setRemote(acceptAnswer(offer, early));
      } catch {
        return; // what cannot be heard now is judged by the answer
      }
      tell({ is: 'early', leg: theLeg() });
    });
    const answer = await asked.answered;
    parts.watch.tried(trunk.name, { status: 200 });
    parts.places.worked(hop);
    const answered = theLeg();
    place.setRemote(acceptAnswer(offer, answer));
    return { outcome: 'answered', leg: answered, trunk: trunk.name };
  } catch (fault) {
    allowance.release();
    call?.hangup(); // an answer we cannot use leaves a call that is up
    const end = fault instanceof InviteRefused ? { status: fault.status } : ('timeout' as const);
    if (rang && typeof end === 'string') return { outcome: 'no_answer', another: false };
    parts.watch.tried(trunk.name, end);
    if (typeof end === 'string') return { outcome: 'unreachable', another: true };
    const reason = (await call?.ended)?.reason;
    return { ...verdictOf(end.status), ...(reason && { cause: reason.cause }), another: isWorthAnother(end) };
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
