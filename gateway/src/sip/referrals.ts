/**
 * Transfer inside one call (RFC 3515, used within a dialog as RFC 7647 asks): references of the far end, which we report on by NOTIFY,
 * and ours, which it reports on. RFC 4488 (`Refer-Sub: false`): no reports. All of it is bounded in number and time.
 */
import type { CallSignals } from './call-signals.ts';
import type { Referral, ReferOptions } from './call.ts';
import { ReferRefused } from './errors.ts';
import { MAX_REFERRALS, REFERRAL_DECISION_MS, REFERRAL_MS } from './limits.ts';
import type { Headers } from './message.ts';
import { Outcome } from './outcome.ts';
import { parseCseq, parseNameAddr, printable } from './parse-header.ts';
import { splitAt } from './parse-list.ts';
import type { InDialog } from './renegotiation.ts';
import { replacesOfUri, uriWithReplaces } from './replaces.ts';
import type { HeaderPairs } from './respond.ts';
import type { ServerTransaction } from './server-transaction.ts';
import { SIPFRAG, sipfragOf, statusOfSipfrag } from './sipfrag.ts';
import { parseUri, type SipUri } from './uri.ts';
import { mediaType } from './recording-session.ts';

const SEMICOLON = 0x3b;

interface Asked {
  readonly outcome: Outcome<number>;
  /** CSeq number of the REFER, the id of its subscription; 0 until it is known. */
  id: number;
  last: number;
  stop: () => void;
}

export class Referrals {
  readonly #in: InDialog;
  readonly #signals: CallSignals;
  /** What ends the reports of each reference of the far end. */
  readonly #theirs = new Set<() => void>();
  /** What refuses each reference of the far end that nobody has decided on yet: its transaction has no timer that would end it. */
  readonly #undecided = new Set<() => void>();
  readonly #ours = new Set<Asked>();

  constructor(inDialog: InDialog, signals: CallSignals) {
    this.#in = inDialog;
    this.#signals = signals;
  }

  /** A REFER from the far end (RFC 3515 §2.4.2). */
  receiveRefer(transaction: ServerTransaction): void {
    const { request, cseq } = transaction.inbound;
    const say = (status: number, headers: HeaderPairs = []): void =>
      transaction.respond(this.#in.response(transaction, status, { headers }));
    const targets = request.headers.list('refer-to') ?? [];
    const target = targets.length === 1 ? uriOf(targets[0]) : null;
    if (target === null) return say(400);
    if (this.#theirs.size + this.#undecided.size >= MAX_REFERRALS) return say(503, [['Retry-After', '30']]);
    const isSilent = (request.headers.get('refer-sub') ?? '').split(';', 1)[0]?.trim().toLowerCase() === 'false';
    const referral = this.#referral(target, request.headers, cseq.number, isSilent, say);
    try {
      if (!this.#signals.refer(referral)) referral.refuse(603);
    } catch (fault) {
      referral.refuse(500); // unless it was decided before the fault
      throw fault;
    }
  }

  /** A NOTIFY about a reference of ours (RFC 3515 §2.4.5, RFC 6665 §4.1.3). */
  receiveNotify(transaction: ServerTransaction): void {
    const { request } = transaction.inbound;
    const say = (status: number, headers: HeaderPairs = []): void =>
      transaction.respond(this.#in.response(transaction, status, { headers }));
    const [event = '', ...params] = splitAt(request.headers.get('event') ?? '', SEMICOLON);
    if (event.toLowerCase() !== 'refer') return say(489, [['Allow-Events', 'refer']]);
    const id = params.map((param) => /^id=([0-9]+)$/i.exec(param)?.[1]).find((value) => value !== undefined);
    // The first REFER of a dialog may go without id (RFC 3515 §2.4.6): then the oldest is meant.
    const asked = [...this.#ours].find((one) => id === undefined || one.id === Number(id));
    if (asked === undefined) return say(481);
    const isFrag = mediaType(request.headers.get('content-type')) === 'message/sipfrag';
    if (request.body.length > 0 && !isFrag) return say(415, [['Accept', 'message/sipfrag']]);
    say(200);
    const status = statusOfSipfrag(request.body.toString('utf8'));
    if (status !== null) asked.last = status;
    const isOver = (request.headers.get('subscription-state') ?? '').split(';', 1)[0]?.trim().toLowerCase() === 'terminated';
    if (asked.last >= 200) this.#settle(asked);
    else if (isOver) this.#settle(asked, 'its reports ended before the call was answered');
  }

  /** See `SipCall.refer`. */
  refer(target: string, options: ReferOptions = {}): Promise<number> {
    const asked: Asked = { outcome: new Outcome<number>(), id: 0, last: 0, stop: () => {} };
    const uri = options.replaces === undefined ? (parseUri(target) === null ? null : target) : uriWithReplaces(target, options.replaces);
    if (this.#signals.isOver) asked.outcome.reject(new ReferRefused(0, 'the call is over'));
    else if (uri === null) asked.outcome.reject(new ReferRefused(0, 'the target is no sip: URI'));
    else if (this.#ours.size >= MAX_REFERRALS) asked.outcome.reject(new ReferRefused(0, 'too many at once'));
    else this.#ask(asked, uri, options.referredBy);
    return asked.outcome.promise;
  }

  /** The call is over: nobody reports to us any more. What we still owe to the far end is told; it may outlive its BYE (RFC 5057 §5). */
  stop(): void {
    for (const asked of this.#ours) this.#settle(asked, 'the call ended first');
    for (const refuse of [...this.#undecided]) refuse();
  }

  /** The user agent closes: nothing is told any more. */
  forget(): void {
    this.stop();
    for (const end of this.#theirs) end();
  }

  #referral(
    target: SipUri,
    headers: Headers,
    id: number,
    isSilent: boolean,
    say: (status: number, headers?: HeaderPairs) => void,
  ): Referral {
    let at: 'asked' | 'accepted' | 'over' = 'asked';
    const refuse = (status: number): void => {
      if (at !== 'asked') return;
      decided('over');
      say(status);
    };
    const giveUp = (): void => refuse(603);
    let stopExpiry = this.#in.clock.after(REFERRAL_DECISION_MS, giveUp);
    this.#undecided.add(giveUp);
    const decided = (now: 'accepted' | 'over'): void => {
      at = now;
      stopExpiry();
      this.#undecided.delete(giveUp);
    };
    const end = (): void => {
      at = 'over';
      stopExpiry();
      this.#theirs.delete(end);
    };
    // One NOTIFY at a time, the newest next: two on their way may overtake each other, and the later one would be refused.
    let inFlight = false;
    let next: (() => void) | null = null;
    const notify = (status: number, state: string): void => {
      if (isSilent) return;
      if (inFlight) return void (next = () => notify(status, state));
      inFlight = true;
      const pairs: HeaderPairs = [['Event', `refer;id=${id}`], ['Subscription-State', state], ...this.#in.contact()];
      this.#in.send('NOTIFY', { type: SIPFRAG, text: sipfragOf(status) }, pairs, {
        response: (response) => {
          if (response.status < 200) return;
          inFlight = false;
          if (response.status >= 300) return end(); // it does not want to know
          const waiting = next;
          next = null;
          waiting?.();
        },
        failed: end,
      });
    };
    let last = 100;
    const untilMs = this.#in.clock.monotonicMs() + REFERRAL_MS;
    const active = (): string => `active;expires=${Math.max(0, Math.ceil((untilMs - this.#in.clock.monotonicMs()) / 1000))}`;
    return {
      target: { ...target, headers: '' },
      replaces: replacesOfUri(target),
      referredBy: uriOf(headers.get('referred-by')),
      accept: () => {
        if (at !== 'asked') return;
        decided('accepted');
        this.#theirs.add(end);
        stopExpiry = this.#in.clock.after(REFERRAL_MS, () => {
          notify(last, 'terminated;reason=timeout');
          end();
        });
        say(202, isSilent ? [['Refer-Sub', 'false'], ...this.#in.contact()] : this.#in.contact());
        notify(100, active());
      },
      refuse,
      report(status) {
        if (at !== 'accepted') return;
        last = status;
        if (status < 200) return notify(status, active());
        notify(status, 'terminated;reason=noresource');
        end();
      },
    };
  }

  #ask(asked: Asked, uri: string, referredBy: string | undefined): void {
    this.#ours.add(asked);
    asked.stop = this.#in.clock.after(REFERRAL_MS, () => this.#settle(asked, 'nothing was heard of it'));
    const by: HeaderPairs = referredBy === undefined ? [] : [['Referred-By', `<${printable(referredBy)}>`]];
    const pairs: HeaderPairs = [['Refer-To', `<${printable(uri)}>`], ...by, ...this.#in.contact()];
    asked.id = this.#in.send('REFER', undefined, pairs, {
      response: ({ status, headers }) => {
        if (status < 200) return;
        if (status >= 300) {
          this.#settle(asked, `status ${status}`, status);
          if (status === 481 || status === 408) this.#in.lost('remote', status);
          return;
        }
        asked.id = parseCseq(headers.get('cseq') ?? '')?.number ?? asked.id;
        const willTell = (headers.get('refer-sub') ?? '').trim().toLowerCase() !== 'false';
        if (!willTell) {
          asked.last = status;
          this.#settle(asked);
        }
      },
      failed: (why) => this.#settle(asked, why),
    }).cseq;
  }

  #settle(asked: Asked, fault?: string, status = asked.last): void {
    if (!this.#ours.delete(asked)) return;
    asked.stop();
    if (fault === undefined) asked.outcome.resolve(asked.last);
    else asked.outcome.reject(new ReferRefused(status < 300 ? 0 : status, fault));
  }
}

function uriOf(header: string | undefined): SipUri | null {
  const nameAddr = parseNameAddr(header ?? '');
  return nameAddr === null ? null : parseUri(nameAddr.uri);
}
