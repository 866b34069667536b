/**
 * The store key of one store, opened by its root and held while this process runs. While it is rotated, the one before it opens what is not sealed
 * anew yet; a store key that comes later is taken up from `root.json` when a file wants it, so that a rotation needs no restart.
 */
import { openBytes, SEAL_KEY_BYTES, sealBytes } from './aes-seal.ts';
import { KeyFileInvalid } from './errors.ts';
import type { SealingKeys } from './key-file.ts';
import { openStoreKey } from './root-key.ts';
import { readRoot, ROOT_FILE, type RootKind, type RootRecord } from './root-record.ts';
import { type RootSecrets, rootSecrets } from './root-secrets.ts';

export interface OpenRoot {
  readonly kind: RootKind;
  /** undefined in file mode. */
  readonly storeKey: SealingKeys | undefined;
  /** What `root.json` said. */
  readonly record: RootRecord | undefined;
}

/** The former store key lies under the one in use: whoever opens the root opens both, and a new root carries it along. */
const FORMER_PLACE = 'keepline former store key v1';

export const sealFormer = (current: Uint8Array, former: Uint8Array): string => sealBytes(current, former, FORMER_PLACE).toString('base64');

/** Opens the root of a store. @throws RootLocked, KeyFileInvalid, HsmFailed, HsmBindingAbsent */
export async function openRoot(dir: string, secrets: RootSecrets = rootSecrets()): Promise<OpenRoot> {
  const record = await readRoot(dir);
  if (!record) return { kind: 'file', storeKey: undefined, record };
  return { kind: record.place.from, storeKey: await holdStoreKey(dir, record, secrets), record };
}

async function holdStoreKey(dir: string, first: RootRecord, secrets: RootSecrets): Promise<SealingKeys> {
  let { id } = first;
  let held = await open(dir, first, secrets);
  let renewing: Promise<boolean> | undefined;
  const renew = async (): Promise<boolean> => {
    const record = await readRoot(dir);
    if (!record || record.id === id) return false;
    held = await open(dir, record, secrets);
    id = record.id;
    return true;
  };
  return {
    get current() {
      return held.current;
    },
    get former() {
      return held.former;
    },
    // one at a time: each opening by a passphrase takes 64 MiB for a second
    renew: () => (renewing ??= renew().finally(() => (renewing = undefined))),
  };
}

async function open(dir: string, record: RootRecord, secrets: RootSecrets): Promise<{ current: Buffer; former: Buffer | undefined }> {
  const current = await openStoreKey(record, secrets);
  if (record.former === undefined) return { current, former: undefined };
  const former = openBytes(current, Buffer.from(record.former, 'base64'), FORMER_PLACE);
  if (former?.length !== SEAL_KEY_BYTES) throw new KeyFileInvalid(`${dir}/${ROOT_FILE}`, 'the former store key in it does not open');
  return { current, former };
}
