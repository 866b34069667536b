/**
 * The 49 messages of RFC 4475, each given as one datagram to the stack, and what becomes of it. `rfc` is what the RFC asks of an end like
 * ours (where it allows several things, the one we chose); a row of `DEVIATIONS` says where we differ and why. A new difference fails,
 * and so does one that is gone but still listed.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SOURCE, StackBench } from '../../fixtures/sip/stack-bench.ts';
import { parseMessage } from './parse-message.ts';
import { TcpFraming } from './tcp-framing.ts';

const FOLDER = join(import.meta.dirname, '../../fixtures/sip/torture');
const bytesOf = (name: string): Buffer => readFileSync(join(FOLDER, `${name}.dat`));

/** `call`: offered to the house. A number: the status it is answered with. `stray`: a response to nothing of ours. `discarded`: no message. */
type Verdict = 'call' | 'stray' | 'discarded' | number;

const TABLE: ReadonlyArray<readonly [name: string, section: string, rfc: Verdict]> = [
  ['wsinv', '3.1.1.1', 481], // well-formed, inside a dialog we do not have
  ['intmeth', '3.1.1.2', 501],
  ['esc01', '3.1.1.3', 'call'],
  ['escnull', '3.1.1.4', 405], // no registrar answers here: Allow says so (§8.2.1 of RFC 3261)
  ['esc02', '3.1.1.5', 501], // RE%47IST%45R is not REGISTER
  ['lwsdisp', '3.1.1.6', 200],
  ['longreq', '3.1.1.7', 'call'],
  ['dblreq', '3.1.1.8', 405], // the second request in the datagram is ignored
  ['semiuri', '3.1.1.9', 200],
  ['transports', '3.1.1.10', 200],
  ['mpart01', '3.1.1.11', 405],
  ['unreason', '3.1.1.12', 'stray'],
  ['noreason', '3.1.1.13', 'stray'],
  ['badinv01', '3.1.2.1', 400],
  ['clerr', '3.1.2.2', 400],
  ['ncl', '3.1.2.3', 400],
  ['scalar02', '3.1.2.4', 400],
  ['scalarlg', '3.1.2.5', 'stray'],
  ['quotbal', '3.1.2.6', 400],
  ['ltgtruri', '3.1.2.7', 400],
  ['lwsruri', '3.1.2.8', 400],
  ['lwsstart', '3.1.2.9', 400],
  ['trws', '3.1.2.10', 400],
  ['escruri', '3.1.2.11', 400],
  ['baddate', '3.1.2.12', 'call'], // we do not use Date, so its fault does no harm
  ['regbadct', '3.1.2.13', 400],
  ['badaspec', '3.1.2.14', 200], // spaces within the brackets are ignored
  ['baddn', '3.1.2.15', 'discarded'], // its head never ends; with an empty line added it is read, see below
  ['badvers', '3.1.2.16', 505],
  ['mismatch01', '3.1.2.17', 400],
  ['mismatch02', '3.1.2.18', 400],
  ['bigcode', '3.1.2.19', 'discarded'],
  ['badbranch', '3.2.1', 200], // recognised by the fields RFC 2543 used
  ['insuf', '3.3.1', 400],
  ['unkscm', '3.3.2', 416],
  ['novelsc', '3.3.3', 416],
  ['unksm2', '3.3.4', 400],
  ['bext01', '3.3.5', 420],
  ['invut', '3.3.6', 415],
  ['regaut01', '3.3.7', 401],
  ['multi01', '3.3.8', 400],
  ['mcl01', '3.3.9', 400],
  ['bcast', '3.3.10', 'stray'],
  ['zeromf', '3.3.11', 200], // an end does not count hops
  ['cparam01', '3.3.12', 405],
  ['cparam02', '3.3.13', 405],
  ['regescrt', '3.3.14', 405],
  ['sdp01', '3.3.15', 406],
  ['inv2543', '3.4.1', 'call'],
];

const NO_REGISTRAR = 'the RFC means a registrar; without one the method is looked at first and refused (RFC 3261 §8.2.1)';
const DEVIATIONS: ReadonlyMap<string, { readonly ours: Verdict; readonly why: string }> = new Map([
  ['regbadct', { ours: 405, why: NO_REGISTRAR }],
  ['unksm2', { ours: 405, why: NO_REGISTRAR }],
  ['regaut01', { ours: 405, why: NO_REGISTRAR }],
  ['inv2543', { ours: 400, why: 'without Contact there is nobody to send BYE to (RFC 3261 §8.1.1.8); no trunk speaks RFC 2543 any more' }],
]);

function verdictOf(bytes: Buffer): Verdict {
  const bench = new StackBench();
  bench.stack.datagram(bytes, SOURCE);
  const { stray, malformed, listenerFaults } = bench.stack.counters();
  expect(listenerFaults).toBe(0);
  const [status, ...more] = bench.statuses();
  expect(more).toEqual([]);
  if (status !== undefined) return status;
  if (bench.calls.length === 1) return 'call';
  expect(stray + malformed).toBe(1);
  return stray === 1 ? 'stray' : 'discarded';
}

describe('the torture messages of RFC 4475', () => {
  it('are all here and all listed', () => {
    const files = readdirSync(FOLDER).flatMap((file) => (file.endsWith('.dat') ? [file.slice(0, -4)] : []));
    expect(files.toSorted()).toEqual(TABLE.map(([name]) => name).toSorted());
    expect(files).toHaveLength(49);
  });

  it.each(TABLE)('%s (§%s) gets its verdict', (name, _section, rfc) => {
    expect(verdictOf(bytesOf(name))).toBe(DEVIATIONS.get(name)?.ours ?? rfc);
  });

  it('deviate where the table says so and nowhere else', () => {
    const differing = TABLE.filter(([name, , rfc]) => verdictOf(bytesOf(name)) !== rfc).map(([name]) => name);
    expect(differing).toEqual([...DEVIATIONS.keys()]);
  });

  it('are whole: a body has the length its message gives it, where the fault is not just that', () => {
    const cut = ['clerr', 'ncl', 'mcl01', 'dblreq', 'inv2543', 'bigcode', 'baddn', 'wsinv'];
    for (const [name] of TABLE.filter(([listed]) => !cut.includes(listed))) {
      const parsed = parseMessage(bytesOf(name));
      const given = Number(parsed.message?.headers.get('content-length'));
      const bytes = bytesOf(name);
      expect([name, bytes.length - bytes.indexOf('\r\n\r\n') - 4]).toEqual([name, given]);
    }
  });

  it('with an unquoted comma in a display name is read when its head ends (§3.1.2.15)', () => {
    expect(verdictOf(Buffer.concat([bytesOf('baddn'), Buffer.from('\r\n')]))).toBe(200);
  });

  it('over TCP: each ends as one message or as a broken stream, and the second request of two is found', () => {
    for (const [name] of TABLE) {
      const framing = new TcpFraming(65_535);
      const frames = framing.take(bytesOf(name));
      const isWaiting = framing.isInsideMessage; // for the rest of what Content-Length promised
      expect([name, frames.filter(({ is }) => is !== 'ping').length + (isWaiting ? 1 : 0)]).toEqual([
        name,
        name === 'dblreq' || name === 'mcl01' ? expect.any(Number) : 1,
      ]);
    }
    const two = new TcpFraming(65_535).take(bytesOf('dblreq')).filter((frame) => frame.is === 'message');
    expect(two.map(({ message }) => message.kind === 'request' && message.method)).toEqual(['REGISTER', 'INVITE']);
  });
});

describe('what the torture messages hide', () => {
  it('a NUL behind a backslash in a quoted name is read, and shown to people as a space (§3.1.1.2)', () => {
    const bench = new StackBench();
    const text = bytesOf('intmeth').toString('latin1').replaceAll("!interesting-Method0123456789_*+`.%indeed'~", 'INVITE');
    const uri = text.slice(text.indexOf('INVITE ') + 7, text.indexOf(' SIP/2.0'));
    const invite = text.replace('Content-Length', 'Contact: <sip:a@192.0.2.1>\r\nContent-Length');
    bench.stack.datagram(Buffer.from(invite, 'latin1'), SOURCE);
    expect(bench.calls[0]?.to.displayName).toBe('BEL:  NUL:  DEL: ');
    expect(bench.calls[0]?.from.displayName).toBe("token1~` token2'+_ token3*%!.-");
    expect(bench.hear()[0]).toContain(`To: "BEL:\\\u0007 NUL:\\\0 DEL:\\\u007f" <${uri.split(':&')[0]}`);
  });

  it('a NUL anywhere else is no SIP', () => {
    const bytes = Buffer.from(bytesOf('lwsdisp').toString('latin1').replace('caller<', 'call\0er<'), 'latin1');
    expect(verdictOf(bytes)).toBe('discarded');
  });

  it('two requests with an empty branch are two transactions (§3.2.1)', () => {
    const bench = new StackBench();
    const text = bytesOf('badbranch').toString('latin1');
    bench.stack.datagram(Buffer.from(text), SOURCE);
    bench.stack.datagram(Buffer.from(text.replace('CSeq: 8', 'CSeq: 9').replace('Call-ID: ', 'Call-ID: other-')), SOURCE);
    expect(bench.stack.counters().transactions).toBe(2);
  });

  it('what a request lacks is left out of the answer, not sent empty (§3.3.1)', () => {
    const bench = new StackBench();
    bench.stack.datagram(bytesOf('insuf'), SOURCE);
    const [answer = ''] = bench.hear();
    expect(answer).toContain('SIP/2.0 400');
    expect(answer).not.toMatch(/^(From|To|Call-ID):/m);
  });

  it.each([
    ['application/sdp', 'call'],
    ['text/plain, application/*;q=0.5', 'call'],
    ['*/*', 'call'],
    ['', 406],
    ['application/isup', 406],
  ])('an INVITE that accepts "%s" is %s (§3.3.15)', (accepted, verdict) => {
    const text = bytesOf('sdp01').toString('latin1').replace('text/nobodyKnowsThis', accepted);
    expect(verdictOf(Buffer.from(text, 'latin1'))).toBe(verdict);
  });
});
