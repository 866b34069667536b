/**
 * Labelled examples out of the events of a site: which skill served a call to its end, which disposition its agent gave. Pure and bounded; pseudonyms
 * of callers and agents are not looked at, so a model holds nothing about a person.
 */
import type { CloudEvent } from '@keepline/contracts/events';
import { shortType } from '../../../outbox/entry.ts';
import { textField } from '../../cloud-event.ts';
import type { Example } from './naive-bayes.ts';

/** The newest calls that are learned from, and calls still open meanwhile. */
export const CALLS_MAX = 200_000;
const OPEN_MAX = 20_000;

export type Task = 'skill' | 'disposition';
export const TASKS: readonly Task[] = ['skill', 'disposition'];

export interface LabelledCall {
  readonly callId: string;
  readonly examples: Readonly<Partial<Record<Task, Example>>>;
}

interface Open {
  queue: string;
  skill: string;
  choice: string;
  hour: number;
}

/** What is known of a call when the question is asked, as tokens; '' says nothing. */
export function tokensOf(known: { queue: string; skill?: string; choice: string; hour?: number }): string[] {
  const token = (name: string, value: string): string[] => (value === '' ? [] : [`${name}=${value}`]);
  return [
    ...token('queue', known.queue),
    ...token('skill', known.skill ?? ''),
    ...token('choice', known.choice),
    ...(known.queue !== '' && known.choice !== '' ? [`queue+choice=${known.queue}+${known.choice}`] : []),
    ...(known.hour === undefined ? [] : [`hour=${known.hour}`]),
  ];
}

export class LabelledCalls {
  readonly #open = new Map<string, Open>();
  #calls: LabelledCall[] = [];

  learn(event: CloudEvent): void {
    const callId = textField(event, 'callId');
    const type = shortType(event.type);
    if (type === 'call.offered') {
      this.#open.set(callId, { queue: '', skill: '', choice: '', hour: Number(event.time.slice(11, 13)) });
      const [oldest] = this.#open.keys();
      if (this.#open.size > OPEN_MAX && oldest !== undefined) this.#open.delete(oldest);
      return;
    }
    const call = this.#open.get(callId);
    if (!call) return;
    if (type === 'ivr.chosen') call.choice = textField(event, 'choice');
    if (type === 'call.queued') call.queue = textField(event, 'queue');
    if (type === 'routing.decided') call.skill = textField(event, 'skill');
    if (type === 'call.ended' && textField(event, 'verdict') !== 'completed') this.#open.delete(callId);
    if (type === 'call.ended' && textField(event, 'verdict') === 'completed' && call.skill !== '') {
      const { queue, choice, hour } = call;
      this.#keep({ callId, examples: { skill: { label: call.skill, tokens: tokensOf({ queue, choice, hour }) } } });
    }
    if (type === 'call.disposed') {
      this.#open.delete(callId); // comes after the end
      const { queue, skill, choice } = call;
      const label = textField(event, 'disposition');
      // `none_given` is what the clock writes when the wrap-up ran out: no agent has judged.
      if (label !== '' && label !== 'none_given')
        this.#keep({ callId, examples: { disposition: { label, tokens: tokensOf({ queue, skill, choice }) } } });
    }
  }

  calls(): readonly LabelledCall[] {
    return this.#calls.slice(-CALLS_MAX);
  }

  #keep(call: LabelledCall): void {
    this.#calls.push(call);
    if (this.#calls.length >= CALLS_MAX * 2) this.#calls = this.#calls.slice(-CALLS_MAX);
  }
}
