/**
 * Customer data as it lies in the database: `k1.<key id>.<base64 of nonce, tag, text>`, AES-256-GCM bound to table, column and row, so that a value
 * copied to another row opens nothing. Equal numbers are found by a blind index: HMAC-SHA-256 under a key of its own, cut to 128 bits.
 */
import { createHmac } from 'node:crypto';
import { openBytes, sealBytes } from '@keepline/compliance/seal';
import type { ColumnKey, ColumnKeys } from '@keepline/compliance/keys';
import { ColumnForeign, ColumnsLocked } from './errors.ts';

const FORM = /^k1\.([0-9a-f]{8})\.([A-Za-z0-9+/]+={0,2})$/;
const INDEX_BYTES = 16;

/** Table, column and row: what a sealed value is bound to. */
export type Place = `${string}/${string}/${string}`;

export interface Columns {
  seal(text: string, place: Place): string;
  /** @throws ColumnForeign when it was changed, moved or sealed by a key that is gone */
  open(stored: string, place: Place): Promise<string>;
  /** What rows of this value are found by, under the key in use. @param value in its one spelling; '' has no index */
  index(value: string): string | null;
  /** The same under every key in use: while a rotation runs there are two. */
  indexes(value: string): string[];
  /** Whether it was sealed by the key in use. */
  isCurrent(stored: string): boolean;
}

/** Of a database that was opened without keys: it must not write in clear by accident. */
export const lockedColumns: Columns = {
  seal: () => locked(),
  open: () => Promise.reject(new ColumnsLocked()),
  index: () => locked(),
  indexes: () => locked(),
  isCurrent: () => locked(),
};

function locked(): never {
  throw new ColumnsLocked();
}

export class SealedColumns implements Columns {
  #keys: ColumnKeys;
  readonly #load: () => Promise<ColumnKeys>;

  private constructor(keys: ColumnKeys, load: () => Promise<ColumnKeys>) {
    this.#keys = keys;
    this.#load = load;
  }

  /** @param load reads the keys as they are on the disk now; called again when a value names a key that is not known yet */
  static async open(load: () => Promise<ColumnKeys>): Promise<SealedColumns> {
    return new SealedColumns(await load(), load);
  }

  /** Takes up a key that was rotated. */
  async refresh(): Promise<void> {
    this.#keys = await this.#load();
  }

  seal(text: string, place: Place): string {
    const { id, sealing } = this.#keys.current;
    return `k1.${id}.${sealBytes(sealing, Buffer.from(text), place).toString('base64')}`;
  }

  async open(stored: string, place: Place): Promise<string> {
    const [, id = '', body = ''] = FORM.exec(stored) ?? [];
    if (!this.#key(id)) await this.refresh();
    const key = this.#key(id);
    const opened = key && openBytes(key.sealing, Buffer.from(body, 'base64'), place);
    if (!opened) throw new ColumnForeign(place);
    return opened.toString('utf8');
  }

  index(value: string): string | null {
    return value === '' ? null : indexUnder(this.#keys.current, value);
  }

  indexes(value: string): string[] {
    return value === '' ? [] : [this.#keys.current, ...this.#keys.former].map((key) => indexUnder(key, value));
  }

  isCurrent(stored: string): boolean {
    return FORM.exec(stored)?.[1] === this.#keys.current.id;
  }

  #key(id: string): ColumnKey | undefined {
    return [this.#keys.current, ...this.#keys.former].find((key) => key.id === id);
  }
}

function indexUnder(key: ColumnKey, value: string): string {
  return createHmac('sha256', key.index).update(`keepline index 1\0${value}`).digest().subarray(0, INDEX_BYTES).toString('hex');
}
