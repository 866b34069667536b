/**
 * The only gate out of the site: raw event, advice request or question of a desk in, `Anonymised` out, by the policy in force. The cast at the end
 * of this file is the only one that grants the brand; the outbox and the advice socket take nothing without it.
 */
import type { AdviceRequest } from '@keepline/contracts/advice';
import type { Anonymised } from '@keepline/contracts/anonymised';
import type { AssistRequest } from '@keepline/contracts/assist';
import { CLOUD_EVENT_PREFIX, type CloudEvent, type DomainEvent, type EventType } from '@keepline/contracts/events';
import { type CallId, isId, type QueueName, type RequestId } from '@keepline/contracts/ids';
import type { QaRequest } from '@keepline/contracts/qa';
import type { SummaryRequest } from '@keepline/contracts/summary';
import { AnonymiseFieldUnknown, AnonymiseTypeUnknown, AnonymiseValueRefused } from './errors.ts';
import { cleanQuestion } from './desk-question.ts';
import { BUILT_IN, type PolicyDocument, rulesOf, type Rules } from './policy-document.ts';
import { canonicalNumber, checkKey, epochOf, pseudonym, type PseudonymHash, type PseudonymKind } from './pseudonym.ts';
import { isName, labelOf, type Outgoing } from './rules.ts';

/** What routing knows when it asks the cloud; the number is personal data and leaves as a pseudonym. */
export interface RawAdviceRequest {
  readonly requestId: RequestId;
  /** Wall time in ms since 1970; it sets the epoch of the pseudonyms. */
  readonly timeMs: number;
  readonly callId: CallId;
  /** '' when withheld. */
  readonly callerNumber: string;
  readonly queue: QueueName;
  /** '' when none is asked for. */
  readonly skill: string;
  readonly choices: readonly string[];
  readonly readySkills: readonly string[];
  readonly waiting: number;
  /** Hour of the day on the site, 0 to 23. */
  readonly hour: number;
}

/** From 2020 to 2100: outside, the clock of the machine is wrong and the epoch would be too. */
const TIME_MIN_MS = 1_577_836_800_000;
const TIME_MAX_MS = 4_102_444_800_000;
const CHOICES_MAX = 16;
const READY_SKILLS_MAX = 64;
const WAITING_MAX = 1_000_000;

/** Length of an epoch of pseudonyms where the site says nothing else, days. */
const EPOCH_DAYS = 90;

export interface AnonymiserOptions {
  /** At least 32 random bytes that never leave the site; a function where they may be rotated meanwhile. */
  readonly key: Uint8Array | (() => Uint8Array);
  readonly site: string;
  readonly hash?: PseudonymHash;
  /** 1 to 366; 90 by default. */
  readonly epochDays?: number;
  /** Asked for each event, so that a change holds from the next one on. A document that passed `checkPolicy`. */
  readonly policy?: () => PolicyDocument;
}

export class Anonymiser {
  readonly #key: () => Uint8Array;
  readonly #site: string;
  readonly #hash: PseudonymHash;
  readonly #epochDays: number;
  readonly #policy: () => PolicyDocument;
  /** Of the document last seen. */
  #compiled: { readonly document: PolicyDocument; readonly rules: Rules } | undefined;

  /** @throws AnonymiseKeyUnfit, AnonymiseValueRefused for a site that is no plain name */
  constructor({ key, site, hash = 'sha256', epochDays = EPOCH_DAYS, policy = () => BUILT_IN }: AnonymiserOptions) {
    const given = typeof key === 'function' ? key : Uint8Array.from(key);
    this.#key = typeof given === 'function' ? given : () => given;
    checkKey(this.#key());
    if (!isName(site)) throw new AnonymiseValueRefused('site', 'name');
    this.#site = site;
    this.#hash = hash;
    this.#epochDays = epochDays;
    this.#policy = policy;
  }

  /**
   * The event as the cloud may know it. Takes nothing about its argument on trust: it may come from a file.
   * @throws AnonymiseTypeUnknown, AnonymiseFieldUnknown, AnonymiseValueRefused; the caller keeps the event on the site and counts it
   */
  event(event: DomainEvent): Anonymised<CloudEvent> {
    const { type } = event;
    const rules = this.#rules().get(type);
    if (rules === undefined) throw new AnonymiseTypeUnknown();
    if (!isId('evt', event.id)) throw new AnonymiseValueRefused(type, 'id');
    const epoch = this.#epoch(type, event.timeMs);
    return grant<CloudEvent>({
      specversion: '1.0',
      id: event.id,
      source: `/keepline/${this.#site}`,
      type: `${CLOUD_EVENT_PREFIX}${type}.v1`,
      time: new Date(event.timeMs).toISOString(),
      datacontenttype: 'application/json',
      data: this.#fields(type, rules, epoch, event.data),
    });
  }

  /**
   * The question as the cloud may know it; labels that are no plain names leave as `other`, skills that are none are left out.
   * @throws AnonymiseValueRefused; routing then decides without advice
   */
  advice(raw: RawAdviceRequest): Anonymised<AdviceRequest> {
    const what = 'advice request';
    const wrong =
      (!isId('req', raw.requestId) && 'requestId') ||
      (!isId('call', raw.callId) && 'callId') ||
      (!isName(raw.queue) && 'queue') ||
      (!(Number.isInteger(raw.waiting) && raw.waiting >= 0 && raw.waiting <= WAITING_MAX) && 'waiting') ||
      (!(Number.isInteger(raw.hour) && raw.hour >= 0 && raw.hour <= 23) && 'hour');
    if (wrong) throw new AnonymiseValueRefused(what, wrong);
    const epoch = this.#epoch(what, raw.timeMs);
    const caller = canonicalNumber(raw.callerNumber);
    return grant<AdviceRequest>({
      requestId: raw.requestId,
      site: this.#site,
      callRef: this.#pseudonym('call', epoch, raw.callId),
      callerRef: caller === '' ? '' : this.#pseudonym('caller', epoch, caller),
      queue: raw.queue,
      skill: labelOf(raw.skill),
      choices: raw.choices.slice(0, CHOICES_MAX).map(labelOf),
      readySkills: raw.readySkills.filter(isName).slice(0, READY_SKILLS_MAX),
      waiting: raw.waiting,
      hour: raw.hour,
    });
  }

  /**
   * A desk's question to the AI services: what people wrote has placeholders where personal data was, everything else must hold none.
   * @throws AnonymiseValueRefused; the desk then hears that the question was stopped
   */
  question<T extends AssistRequest | SummaryRequest | QaRequest>(raw: T): Anonymised<T> {
    if (raw.site !== this.#site) throw new AnonymiseValueRefused('desk question', 'site');
    return grant<T>(cleanQuestion(raw));
  }

  #epoch(what: string, timeMs: unknown): string {
    if (typeof timeMs === 'number' && Number.isInteger(timeMs) && timeMs >= TIME_MIN_MS && timeMs < TIME_MAX_MS)
      return epochOf(timeMs, this.#epochDays);
    throw new AnonymiseValueRefused(what, 'timeMs');
  }

  #rules(): Rules {
    const document = this.#policy();
    if (this.#compiled?.document !== document) this.#compiled = { document, rules: rulesOf(document) };
    return this.#compiled.rules;
  }

  #pseudonym(kind: PseudonymKind, epoch: string, value: string): string {
    return pseudonym(this.#key(), kind, epoch, value, this.#hash);
  }

  #fields(type: EventType, rules: NonNullable<ReturnType<Rules['get']>>, epoch: string, raw: object): Record<string, Outgoing> {
    const values = new Map<string, unknown>(Object.entries(raw));
    const leaving: Record<string, Outgoing> = {};
    for (const [field, rule] of rules) {
      const value = values.get(field);
      values.delete(field);
      if (rule.do === 'drop') continue;
      if (rule.do === 'pseudonym') {
        if (typeof value !== 'string') throw new AnonymiseValueRefused(type, field);
        const canonical = rule.canonical(value);
        leaving[rule.name] = canonical === '' ? '' : this.#pseudonym(rule.kind, epoch, canonical);
        continue;
      }
      const ruling = rule.rule(value);
      if (ruling.as === 'refused') throw new AnonymiseValueRefused(type, field);
      leaving[field] = ruling.value;
    }
    if (values.size > 0) throw new AnonymiseFieldUnknown(type);
    return leaving;
  }
}

function grant<T>(checked: T): Anonymised<T> {
  return checked as Anonymised<T>;
}
