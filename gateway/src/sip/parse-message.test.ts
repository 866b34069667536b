import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { formatMessage } from './format-message.ts';
import { openEnvelope, readInbound } from './inbound.ts';
import { MAX_HEADER_CHARS, MAX_HEADERS, MAX_LIST_VALUES } from './limits.ts';
import { Headers, type SipMessage, type SipRequest } from './message.ts';
import { parseMessage, peekMethod } from './parse-message.ts';

const parse = (text: string) => parseMessage(Buffer.from(text.replaceAll(/\r?\n/g, '\r\n')));
function request(text: string): SipRequest {
  const parsed = parse(text);
  if (!parsed.ok || parsed.message.kind !== 'request') throw new Error(`not a request: ${JSON.stringify(parsed)}`);
  return parsed.message;
}

const TORTUOUS = `INVITE sip:vivekg@chair.example.com;unknownparam SIP/2.0
TO :
 sip:vivekg@chair.example.com ;   tag    = 1918181833n
f : "J Rosenberg \\\\\\""       <sip:jdrosen@example.com>
  ;
  tag = 98asjd8
MaX-fOrWaRdS: 0068
i: wsinv.ndaksdj@192.0.2.1
Content-Length   : 5
cseq: 0009
  INVITE
v  : SIP  / 2.0
  /UDP
    192.0.2.2;branch=390skdjuw
s :
NewFangledHeader:   newfangled value
 continued newfangled value
UnknownHeaderWithUnusualValue: ;;,,;;,;
m:"Quoted string \\"\\"" <sip:jdrosen@example.com> ; newparam =
      newvalue ;
  secondparam ; q = 0.33
Via: SIP/2.0/TCP spindle.example.com ; branch = z9hG4bK9ikj8 , SIP/2.0/UDP 192.168.255.111:5061 ; branch=z9hG4bK30239

v=0
x and more than Content-Length says`;

describe('parseMessage (RFC 3261 §7, §25)', () => {
  it('reads folding, compact names, odd spacing, comma lists and quoted strings (in the manner of RFC 4475 §3.1.1.1)', () => {
    const message = request(TORTUOUS);
    const { headers } = message;
    expect(headers.get('max-forwards')).toBe('0068');
    expect(headers.get('newfangledheader')).toBe('newfangled value continued newfangled value');
    expect(headers.get('unknownheaderwithunusualvalue')).toBe(';;,,;;,;');
    expect(headers.get('subject')).toBe('');
    expect(headers.list('via')).toHaveLength(3);
    expect(message.body.toString()).toBe('v=0\r\n');
    const envelope = openEnvelope(message, { address: '192.0.2.2', port: 5060, transport: 'udp' });
    const inbound = envelope && readInbound(envelope);
    expect(inbound?.from).toMatchObject({ displayName: 'J Rosenberg \\"', uri: 'sip:jdrosen@example.com' });
    expect(inbound?.fromTag).toBe('98asjd8');
    expect(inbound?.toTag).toBe('1918181833n');
    expect(inbound?.cseq).toEqual({ number: 9, method: 'INVITE' });
  });

  it('keeps UTF-8 and unknown headers as they came', () => {
    const message = request('OPTIONS sip:a@b SIP/2.0\nX-Groesse: 大\n\n');
    expect(message.headers.entries).toEqual([{ name: 'X-Groesse', key: 'x-groesse', value: '大' }]);
  });

  it.each([
    ['no end of the head', 'OPTIONS sip:a@b SIP/2.0\r\nVia: x\r\n', 'no_end_of_head'],
    ['a start line of one word', 'OPTIONS\r\n\r\n', 'bad_start_line'],
    ['a start line without version', 'OPTIONS sip:a@b\r\n\r\n', 'bad_start_line'],
    ['HTTP', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', 'bad_start_line'],
    ['a status that is no number', 'SIP/2.0 2xx OK\r\n\r\n', 'bad_start_line'],
    ['a header without colon', 'OPTIONS sip:a@b SIP/2.0\r\nVia\r\n\r\n', 'bad_header'],
    ['a header whose name is no token', 'OPTIONS sip:a@b SIP/2.0\r\nVi a: x\r\n\r\n', 'bad_header'],
    ['folding before the first header', 'OPTIONS sip:a@b SIP/2.0\r\n x\r\n\r\n', 'bad_header'],
    ['a bare line feed that would hide a header from others', 'OPTIONS sip:a@b SIP/2.0\r\nA: x\nB: y\r\n\r\n', 'bad_header'],
    ['a NUL', 'OPTIONS sip:a@b SIP/2.0\r\nA: \0\r\n\r\n', 'bad_header'],
    ['two lengths that differ', 'OPTIONS sip:a@b SIP/2.0\r\nContent-Length: 0\r\nl: 1\r\n\r\nx', 'bad_content_length'],
    ['a negative length', 'OPTIONS sip:a@b SIP/2.0\r\nContent-Length: -1\r\n\r\n', 'bad_content_length'],
    ['a body shorter than its length', 'OPTIONS sip:a@b SIP/2.0\r\nContent-Length: 9\r\n\r\nx', 'body_cut_short'],
    ['too many headers', `OPTIONS sip:a@b SIP/2.0\r\n${'A: x\r\n'.repeat(MAX_HEADERS + 1)}\r\n`, 'too_many_headers'],
    ['a header too long', `OPTIONS sip:a@b SIP/2.0\r\nA: ${'x'.repeat(MAX_HEADER_CHARS)}\r\n\r\n`, 'header_too_long'],
    ['a header too long by folding', `OPTIONS sip:a@b SIP/2.0\r\nA: x\r\n${` ${'y'.repeat(99)}\r\n`.repeat(60)}\r\n`, 'header_too_long'],
  ])('refuses %s', (_name, text, why) => {
    expect(parseMessage(Buffer.from(text))).toMatchObject({ ok: false, why });
  });

  it('gives the message along where only the body is at fault, so that it can be answered 400', () => {
    expect(parse('BYE sip:a@b SIP/2.0\nContent-Length: 9\n\nx')).toMatchObject({ message: { method: 'BYE' } });
  });

  it('bounds the values of a list', () => {
    const { headers } = request(`OPTIONS sip:a@b SIP/2.0\nVia: ${'x, '.repeat(MAX_LIST_VALUES + 1)}\n\n`);
    expect(headers.list('via')).toBeNull();
  });

  it('peeks at the method without reading further', () => {
    expect(peekMethod(Buffer.from('\r\n\r\nINVITE sip:a SIP/2.0'))).toBe('INVITE');
    expect(peekMethod(Buffer.from('SIP/2.0 200 OK\r\n'))).toBeNull();
    expect(peekMethod(Buffer.from('x'.repeat(100)))).toBeNull();
    expect(peekMethod(Buffer.from([0x80, 0x00, 0x20]))).toBeNull();
  });

  const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{1,20}$/).filter((text) => text.toLowerCase() !== 'content-length');
  const value = fc.string({ unit: 'grapheme', maxLength: 60 }).map((text) => text.replace(/[\r\n\0]/g, '').trim());
  const headers = fc.array(fc.tuple(name, value), { maxLength: 30 }).map((pairs) => Headers.of(pairs));
  const body = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
  const message: fc.Arbitrary<SipMessage> = fc.oneof(
    fc.record({
      kind: fc.constant('request' as const),
      method: fc.constantFrom('INVITE', 'BYE', 'X-Any'),
      uri: fc.stringMatching(/^sip:[a-z0-9@.]{1,30}$/),
      version: fc.constant('SIP/2.0'),
      headers,
      body,
    }),
    fc.record({
      kind: fc.constant('response' as const),
      status: fc.integer({ min: 100, max: 699 }),
      reason: fc.string({ unit: 'grapheme', maxLength: 30 }).map((text) => text.replace(/[\r\n]/g, '')),
      headers,
      body,
    }),
  );
  it('reads back what formatMessage writes, whatever the headers and the body are', () => {
    fc.assert(
      fc.property(message, (written) => {
        const parsed = parseMessage(formatMessage(written));
        if (!parsed.ok) throw new Error(parsed.why);
        const read = parsed.message;
        expect({ ...read, headers: read.headers.entries.slice(0, -1), body: read.body.toString('hex') }).toEqual({
          ...written,
          headers: written.headers.entries,
          body: written.body.toString('hex'),
        });
      }),
    );
  });

  it('never throws on bytes of any kind, nor does what reads the result (field fault: garbage on the SIP port)', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        'INVITE sip:a@b SIP/2.0',
        'SIP/2.0 200 OK',
        '\r\n',
        'Via: ',
        'From: "',
        '<',
        '>',
        ';tag=',
        'CSeq: 1 INVITE',
        'Content-Length: 3',
        ',',
        ' ',
        '%',
        '\\',
        '"',
      ),
      fc.string({ unit: 'binary', maxLength: 10 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), fc.uint8Array({ maxLength: 20 }), (pieces, tail) => {
        const parsed = parseMessage(Buffer.concat([Buffer.from(pieces.join('')), Buffer.from(tail), Buffer.from('\r\n\r\n')]));
        expect(parsed.ok).toBeTypeOf('boolean');
        const read = parsed.message;
        if (read?.kind !== 'request') return;
        const envelope = openEnvelope(read, { address: '192.0.2.1', port: 5060, transport: 'udp' });
        if (envelope !== null) readInbound(envelope);
      }),
      { numRuns: 400 },
    );
  });

  it('looks at each character a fixed number of times, however many headers there are (counted, not timed)', () => {
    const work = (lines: number): number => {
      const bytes = Buffer.from(`OPTIONS sip:a@b SIP/2.0\r\n${`Via: SIP/2.0/UDP a;branch=${'b'.repeat(20)}\r\n`.repeat(lines)}\r\n`);
      const codes = vi.spyOn(String.prototype, 'charCodeAt');
      const searches = vi.spyOn(String.prototype, 'indexOf');
      const parsed = parseMessage(bytes);
      const { calls, contexts, results } = searches.mock;
      const searched = calls.map(([, from = 0], i) => {
        const found = Number(results[i]?.value);
        return (found === -1 ? String(contexts[i]).length : found) - from;
      });
      const visited = searched.reduce((sum, characters) => sum + characters, codes.mock.calls.length);
      codes.mockRestore();
      searches.mockRestore();
      expect(parsed.ok).toBe(true);
      return visited;
    };
    const few = work(10);
    const many = work(100);
    expect(few).toBeGreaterThan(100);
    expect(many / few).toBeLessThan(11);
  });
});
