/**
 * Nothing in the parser is quadratic: the characters and bytes it works on are counted, not the time, for messages of one, two and four
 * times the size. Every string and buffer method that walks over its text is charged with the length it walks.
 */
import { describe, expect, it } from 'vitest';
import { readInbound, openEnvelope } from './inbound.ts';
import { parseNameAddr } from './parse-header.ts';
import { hasGap, splitList } from './parse-list.ts';
import { parseMessage } from './parse-message.ts';
import { parseUri } from './uri.ts';

/** Work of `deed` in characters. The result of a method counts as well as what it searched. */
function workOf(deed: () => void): number {
  let work = 0;
  const restore: Array<() => void> = [];
  const charge = (
    owner: object,
    names: readonly string[],
    cost: (self: { length: number }, args: readonly unknown[], result: unknown) => number,
  ): void => {
    for (const name of names) {
      const found = Object.getOwnPropertyDescriptor(owner, name);
      const original: unknown = found?.value;
      if (found === undefined || typeof original !== 'function') continue;
      const counted = function (this: { length: number }, ...args: unknown[]): unknown {
        const result: unknown = Reflect.apply(original, this, args);
        work += cost(this, args, result);
        return result;
      };
      Object.defineProperty(owner, name, { ...found, value: counted });
      restore.push(() => Object.defineProperty(owner, name, found));
    }
  };
  const whole = (self: { length: number }): number => self.length;
  const searched = (self: { length: number }, args: readonly unknown[], result: unknown): number =>
    typeof result === 'number' && result >= 0
      ? Math.max(1, result - (typeof args[1] === 'number' ? args[1] : 0))
      : self.length - (typeof args[1] === 'number' ? args[1] : 0);
  const made = (_self: unknown, _args: unknown, result: unknown): number => (typeof result === 'string' ? result.length : 1);
  charge(String.prototype, ['charCodeAt', 'startsWith', 'endsWith'], () => 1);
  charge(String.prototype, ['slice', 'trim', 'trimEnd', 'toLowerCase', 'toUpperCase'], made);
  charge(String.prototype, ['split', 'replace', 'replaceAll', 'match', 'matchAll'], whole);
  charge(String.prototype, ['indexOf', 'includes', 'lastIndexOf'], searched);
  // `replace` with a global expression asks `exec` once for each match: each is charged from the end of the one before.
  let walkedTo = 0;
  charge(RegExp.prototype, ['exec'], (self, [text], result) => {
    const end = Array.isArray(result) && 'index' in result ? Number(result.index) + String(result[0]).length : String(text).length;
    const from = self instanceof RegExp && self.global && end >= walkedTo ? walkedTo : 0;
    walkedTo = Array.isArray(result) && self instanceof RegExp && self.global ? end : 0;
    return end - from;
  });
  charge(Buffer.prototype, ['indexOf', 'includes'], searched);
  charge(Buffer.prototype, ['toString', 'latin1Slice', 'utf8Slice'], made);
  try {
    deed();
  } finally {
    for (const undo of restore) undo();
  }
  return work;
}

const message = (lines: readonly string[]): Buffer =>
  Buffer.from(
    [
      'INVITE sip:95588@192.0.2.99 SIP/2.0',
      'Via: SIP/2.0/UDP 198.51.100.7;branch=z9hG4bK1',
      'From: <sip:1@h>;tag=a',
      'To: <sip:2@h>',
      'Call-ID: c',
      'CSeq: 1 INVITE',
      ...lines,
      'Content-Length: 0',
      '',
      '',
    ].join('\r\n'),
  );
function read(bytes: Buffer): void {
  const parsed = parseMessage(bytes);
  if (parsed.message?.kind !== 'request') return;
  const { headers } = parsed.message;
  for (const { key } of headers.entries) headers.list(key);
  const envelope = openEnvelope(parsed.message, { address: '198.51.100.7', port: 5060, transport: 'udp' });
  if (envelope !== null) readInbound(envelope);
}

const SHAPES: ReadonlyArray<readonly [what: string, base: number, deed: (n: number) => void]> = [
  ['headers of different names', 25, (n) => read(message(Array.from({ length: n }, (_, at) => `X-${at}: value`)))],
  ['a header that is folded', 100, (n) => read(message([`Subject: a${'\r\n b'.repeat(n)}`]))],
  ['a long header', 900, (n) => read(message([`Subject: ${'x'.repeat(n)}`]))],
  ['a list', 15, (n) => read(message([`Record-Route: ${Array.from({ length: n }, () => '<sip:p;lr>').join(', ')}`]))],
  ['parameters', 200, (n) => void parseNameAddr(`<sip:a@b>${';p=1'.repeat(n)}`)],
  ['a quoted name of escapes', 400, (n) => void parseNameAddr(`"${'\\"'.repeat(n)}" <sip:a@b>`)],
  ['quotes that never close', 400, (n) => void splitList('"a,'.repeat(n))],
  ['separators alone', 900, (n) => void hasGap(`a${' '.repeat(n)}`)],
  ['parameters of a URI', 60, (n) => void parseUri(`sip:a@b${';p=1'.repeat(n)}`)],
  ['an unusable start line', 900, (n) => read(Buffer.from(`${' '.repeat(n)}\r\n\r\n`))],
];

describe('work of the parser', () => {
  it.each(SHAPES)('grows no faster than the size: %s', (_what, base, deed) => {
    const [one, two, four] = [base, 2 * base, 4 * base].map((n) => workOf(() => deed(n)));
    if (one === undefined || two === undefined || four === undefined) throw new Error('three sizes');
    expect(one).toBeGreaterThan(base / 2); // the count counts
    expect(two - one).toBeGreaterThanOrEqual(0);
    // Linear growth adds twice as much from 2 to 4 as from 1 to 2; quadratic growth adds four times as much.
    expect(four - two).toBeLessThanOrEqual(2.5 * (two - one) + 64);
  });

  it('is counted: a deed that walks its text again for each part is found out', () => {
    const quadratic = (n: number): void => {
      const text = 'a,'.repeat(n);
      for (let at = 0; at < n; at++) text.slice(at);
    };
    const [one, two, four] = [100, 200, 400].map((n) => workOf(() => quadratic(n)));
    expect((four ?? 0) - (two ?? 0)).toBeGreaterThan(2.5 * ((two ?? 0) - (one ?? 0)) + 64);
  });
});
