/** The model on the disk: JSON that a person can read, with its version and the accuracy it had when it was made. Replaced in one step. */
import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { KeeplineError } from '@keepline/contracts/errors';
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';

/** Larger files are no model: 64 labels and 4,096 tokens of two tasks fit many times. */
const MAX_BYTES = 33_554_432;

const counts = Type.Record(Type.String(), Type.Number({ minimum: 0 }));
const TaskModel = Type.Object({
  model: Type.Object({ examples: Type.Number({ minimum: 0 }), labels: counts, tokens: Type.Record(Type.String(), counts) }),
  accuracy: Type.Number(),
  majority: Type.Number(),
  heldOut: Type.Number(),
});
const ModelFile = Type.Object({
  format: Type.Literal(1),
  version: Type.String({ maxLength: 64 }),
  models: Type.Object({ skill: Type.Optional(TaskModel), disposition: Type.Optional(TaskModel) }),
});
export type TaskModel = Static<typeof TaskModel>;
export type ModelFile = Static<typeof ModelFile>;

/** @throws the fault of the disk */
export function writeModel(path: string, file: ModelFile): void {
  writeFileSync(`${path}.new`, `${JSON.stringify(file, undefined, 1)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** undefined when there is none yet. @throws KeeplineError MODEL_FILE_INVALID */
export function readModel(path: string): ModelFile | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) return undefined;
  let value: unknown;
  try {
    value = stat.size > MAX_BYTES ? undefined : JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    value = undefined;
  }
  if (Value.Check(ModelFile, value)) return value;
  throw new KeeplineError('MODEL_FILE_INVALID', `${path} is not a model of this version`, {
    hint: 'Train it again: ./keepline cloud train. Without the file the services answer from rules alone.',
    offending: path,
  });
}
