/** `services.json` in a data folder: where the running services are reached, with which token. For `./keepline cloud report`, readable by the owner only. */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { KeeplineError } from '@keepline/contracts/errors';
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';

const DoorFile = Type.Object({
  url: Type.String(),
  token: Type.String(),
  pid: Type.Integer(),
  servers: Type.String(),
  sites: Type.Array(Type.String()),
  credentials: Type.String(),
  /** Who may read the stream; '' for the same. */
  readingCredentials: Type.String(),
});
export type DoorFile = Static<typeof DoorFile>;

const NAME = 'services.json';

export function writeDoorFile(data: string, file: DoorFile): void {
  const path = join(data, NAME);
  writeFileSync(`${path}.new`, JSON.stringify(file), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

export function removeDoorFile(data: string): void {
  rmSync(join(data, NAME), { force: true });
}

/** @param data a data folder of `cloud up`, or of a whole site, whose cloud is below it. @throws KeeplineError CLOUD_SERVICES_NOT_RUNNING */
export function readDoorFile(data: string): { readonly folder: string; readonly file: DoorFile } {
  for (const folder of [data, join(data, 'cloud')]) {
    try {
      const value: unknown = JSON.parse(readFileSync(join(folder, NAME), 'utf8'));
      if (Value.Check(DoorFile, value)) return { folder, file: value };
    } catch {
      // not here
    }
  }
  throw new KeeplineError('CLOUD_SERVICES_NOT_RUNNING', `no services of the cloud run on the data folder ${data}`, {
    hint: 'Start them with ./keepline cloud up or ./keepline up, or name their folder with --data.',
    offending: data,
  });
}
