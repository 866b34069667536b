/**
 * Training with an honest figure: one call in five is held out by a hash of its id, never by chance, so that the same stream always gives the same
 * model and the same accuracy. A task that gains too little over always naming the most frequent label is left out of the model. Pure.
 */
import { createHash } from 'node:crypto';
import { type LabelledCall, TASKS, type Task } from './labelled-calls.ts';
import type { ModelFile, TaskModel } from './model-file.ts';
import { type Example, guess, learn } from './naive-bayes.ts';

/** Least gain of accuracy over the most frequent label, on the held-out part. */
export const MIN_GAIN = 0.02;
/** Fewer examples of a task are not worth judging. */
export const MIN_EXAMPLES = 50;

export interface Evaluation {
  readonly task: Task;
  readonly learned: number;
  readonly heldOut: number;
  /** 0 to 1 on the held-out part. */
  readonly accuracy: number;
  /** The same for always naming the label most frequent in the learned part. */
  readonly majority: number;
  readonly kept: boolean;
}

export function train(
  calls: readonly LabelledCall[],
  minGain = MIN_GAIN,
): { readonly file: ModelFile; readonly evaluations: readonly Evaluation[] } {
  const models: Partial<Record<Task, TaskModel>> = {};
  const evaluations: Evaluation[] = [];
  for (const task of TASKS) {
    const [learned, heldOut] = split(calls, task);
    const model = learn(learned);
    const names = Object.keys(model.labels);
    const right = (predicted: (example: Example) => string | undefined): number =>
      heldOut.length === 0 ? 0 : heldOut.filter((example) => predicted(example) === example.label).length / heldOut.length;
    const accuracy = right(({ tokens }) => guess(model, tokens, names)[0]?.label);
    const favourite = guess(model, [], names)[0]?.label;
    const majority = right(() => favourite);
    const kept = learned.length + heldOut.length >= MIN_EXAMPLES && accuracy - majority >= minGain;
    if (kept) models[task] = { model, accuracy, majority, heldOut: heldOut.length };
    evaluations.push({ task, learned: learned.length, heldOut: heldOut.length, accuracy, majority, kept });
  }
  const hash = createHash('sha256').update(JSON.stringify(models)).digest('hex').slice(0, 12);
  return { file: { format: 1, version: `keepline-bayes-${hash}`, models }, evaluations };
}

function split(calls: readonly LabelledCall[], task: Task): readonly [readonly Example[], readonly Example[]] {
  const learned: Example[] = [];
  const heldOut: Example[] = [];
  for (const { callId, examples } of calls) {
    const example = examples[task];
    if (example) (isHeldOut(callId) ? heldOut : learned).push(example);
  }
  return [learned, heldOut];
}

/** One in five. */
export function isHeldOut(callId: string): boolean {
  return (createHash('sha256').update(callId).digest()[0] ?? 0) % 5 === 0;
}
