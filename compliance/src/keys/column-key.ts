/**
 * The keys that seal customer data in the database: one in use, and those before it until every row is sealed anew. A key is known by four
 * bytes of its hash, which stand in each sealed value.
 */
import { createHash, hkdfSync } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { KeyFileInvalid } from './errors.ts';
import { type KeyFile, readKeyFile, type StoreKey } from './key-file.ts';
import { SEAL_KEY_BYTES } from './aes-seal.ts';

export const COLUMN_KEY_FILE = 'column.key';
const FORMER = /^column\.key\.[0-9a-f]{8}$/;

export interface ColumnKey {
  /** 8 hex digits. */
  readonly id: string;
  readonly sealing: Buffer;
  /** For the blind index; derived, so that index and values can be given up together. */
  readonly index: Buffer;
}
export interface ColumnKeys {
  readonly current: ColumnKey;
  readonly former: readonly ColumnKey[];
}

export const formerColumnKeyFile = (id: string): string => `${COLUMN_KEY_FILE}.${id}`;

/** @throws KeyFileInvalid */
export function columnKeyFrom(path: string, base64: string): ColumnKey {
  const key = Buffer.from(base64, 'base64');
  if (key.length !== SEAL_KEY_BYTES) throw new KeyFileInvalid(path, 'it is not 32 bytes of base64');
  const part = (label: string): Buffer => Buffer.from(hkdfSync('sha256', key, '', `keepline column ${label} v1`, SEAL_KEY_BYTES));
  const id = createHash('sha256').update('keepline column key id\n').update(key).digest('hex').slice(0, 8);
  return { id, sealing: part('seal'), index: part('index') };
}

/** The keys before the one in use. @throws KeyStoreLax, KeyFileInvalid */
export async function formerColumnKeys(dir: string, storeKey: StoreKey): Promise<ColumnKey[]> {
  const names = (await readdir(dir)).filter((name) => FORMER.test(name)).toSorted();
  const files: Array<[string, KeyFile | undefined]> = [];
  for (const name of names) files.push([join(dir, name), await readKeyFile(join(dir, name), 'column', storeKey)]);
  return files.flatMap(([path, file]) => (file ? [columnKeyFrom(path, file.key)] : []));
}
