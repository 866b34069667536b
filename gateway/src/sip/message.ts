/** A SIP message as the stack sees it (RFC 3261 §7): start line, header fields in their order, body as bytes. Never changed once made. */
import { headerKey } from './header-names.ts';
import { MAX_LIST_VALUES } from './limits.ts';
import { splitList } from './parse-list.ts';

export interface Header {
  /** As it was or will be written. */
  readonly name: string;
  /** For look-up, see `headerKey`. */
  readonly key: string;
  readonly value: string;
}

export interface SipRequest {
  readonly kind: 'request';
  readonly method: string;
  readonly uri: string;
  /** `SIP/2.0`; another one is kept so that it can be refused with 505. */
  readonly version: string;
  readonly headers: Headers;
  readonly body: Buffer;
}
export interface SipResponse {
  readonly kind: 'response';
  readonly status: number;
  readonly reason: string;
  readonly headers: Headers;
  readonly body: Buffer;
}
export type SipMessage = SipRequest | SipResponse;

export const SIP_VERSION = 'SIP/2.0';
export const NO_BODY: Buffer = Buffer.alloc(0);

export class Headers {
  readonly entries: readonly Header[];
  /** Built at the first look-up: most headers of most messages are never looked at. */
  #byKey: Map<string, string[]> | null = null;

  constructor(entries: readonly Header[]) {
    this.entries = entries;
  }

  static of(pairs: ReadonlyArray<readonly [name: string, value: string]>): Headers {
    return new Headers(pairs.map(([name, value]) => ({ name, key: headerKey(name), value })));
  }

  /** The first value of a header; `key` in lower case and long form. */
  get(key: string): string | undefined {
    return this.all(key)[0];
  }

  all(key: string): readonly string[] {
    this.#byKey ??= grouped(this.entries);
    return this.#byKey.get(key) ?? [];
  }

  /** The values of a header that may be written as a comma list, over several lines, or both (RFC 3261 §7.3.1); null beyond the bound. */
  list(key: string): readonly string[] | null {
    const lines = this.all(key);
    if (lines.length === 1 && !lines[0]?.includes(',')) return lines;
    const values: string[] = [];
    for (const line of lines) {
      for (const value of splitList(line)) values.push(value);
      if (values.length > MAX_LIST_VALUES) return null;
    }
    return values;
  }
}

function grouped(entries: readonly Header[]): Map<string, string[]> {
  const byKey = new Map<string, string[]>();
  for (const { key, value } of entries) {
    const values = byKey.get(key);
    if (values) values.push(value);
    else byKey.set(key, [value]);
  }
  return byKey;
}
