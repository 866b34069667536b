/**
 * What the advice worker has learned from the events of a site: who abandoned, which skill served which menu choice, when it is busy.
 * No I/O and no clock; the same events give the same experience. Bounded, the oldest knowledge is forgotten first; pseudonyms only.
 */
import type { CloudEvent } from '@keepline/contracts/events';
import { shortType } from '../../outbox/entry.ts';
import { textField } from '../cloud-event.ts';

/** Calls in progress, callers who abandoned, menu choices, skills of a choice: so many of each are remembered. */
export const BOUNDS = { calls: 10_000, callers: 50_000, choices: 1000, skills: 64 } as const;
/** Choices of one call that are kept; the last one counts. */
const CHOICES_PER_CALL = 16;

interface Call {
  readonly callerRef: string;
  readonly choices: string[];
  skill: string;
}

export class Experience {
  /** By call id, until the call ends. */
  readonly #calls = new Map<string, Call>();
  /** Caller pseudonym → calls abandoned in a queue since the last one that was served. */
  readonly #abandoned = new Map<string, number>();
  /** Menu choice → skill → calls served to their end. */
  readonly #served = new Map<string, Map<string, number>>();
  readonly #offeredByHour: number[] = Array.from({ length: 24 }, () => 0);

  learn(event: CloudEvent): void {
    const callId = textField(event, 'callId');
    const type = shortType(event.type);
    if (type === 'call.offered') {
      const hour = Number(event.time.slice(11, 13));
      this.#offeredByHour[hour] = (this.#offeredByHour[hour] ?? 0) + 1;
      remember(this.#calls, callId, { callerRef: textField(event, 'callerRef'), choices: [], skill: '' }, BOUNDS.calls);
      return;
    }
    const call = this.#calls.get(callId);
    if (!call) return;
    if (type === 'ivr.chosen' && call.choices.length < CHOICES_PER_CALL) call.choices.push(textField(event, 'choice'));
    if (type === 'routing.decided') call.skill = textField(event, 'skill');
    if (type === 'call.ended') {
      this.#calls.delete(callId);
      this.#ended(call, textField(event, 'verdict'));
    }
  }

  /** Calls this caller has abandoned in a queue since one was served. */
  abandonedBy(callerRef: string): number {
    return this.#abandoned.get(callerRef) ?? 0;
  }

  /** Skills that served this menu choice, most often first; equal ones in the order of their names. */
  servedBy(choice: string): readonly { readonly skill: string; readonly calls: number }[] {
    return [...(this.#served.get(choice) ?? [])]
      .map(([skill, calls]) => ({ skill, calls }))
      .toSorted((a, b) => b.calls - a.calls || (a.skill < b.skill ? -1 : 1));
  }

  /** The hour (UTC) with most calls offered; undefined before the first call. */
  busiestHour(): number | undefined {
    const most = Math.max(...this.#offeredByHour);
    return most === 0 ? undefined : this.#offeredByHour.indexOf(most);
  }

  #ended(call: Call, verdict: string): void {
    if (verdict === 'abandoned_in_queue' && call.callerRef !== '') {
      remember(this.#abandoned, call.callerRef, this.abandonedBy(call.callerRef) + 1, BOUNDS.callers);
    }
    if (verdict !== 'completed') return;
    this.#abandoned.delete(call.callerRef);
    const choice = call.choices.at(-1);
    if (choice === undefined || choice === '' || call.skill === '') return;
    const skills = this.#served.get(choice) ?? new Map<string, number>();
    remember(skills, call.skill, (skills.get(call.skill) ?? 0) + 1, BOUNDS.skills);
    remember(this.#served, choice, skills, BOUNDS.choices);
  }
}

/** Puts the key last, the place of the newest, and drops the oldest above `most`. */
function remember<V>(map: Map<string, V>, key: string, value: V, most: number): void {
  map.delete(key);
  map.set(key, value);
  const oldest = map.keys().next();
  if (map.size > most && oldest.done !== true) map.delete(oldest.value);
}
