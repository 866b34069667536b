import { describe, expect, it } from 'vitest';
import { addressOf, advanceRemote, type Dialog, dialogOfUac, nextHop, refreshTarget, requestIn } from './dialog.ts';
import { Headers, NO_BODY, type SipRequest, type SipResponse } from './message.ts';

const INVITE: SipRequest = {
  kind: 'request',
  method: 'INVITE',
  uri: 'sip:phone@10.0.0.9',
  version: 'SIP/2.0',
  headers: Headers.of([
    ['From', '"Bank" <sip:95588@10.0.0.1>;tag=ours'],
    ['To', '<sip:phone@10.0.0.9>'],
    ['Call-ID', 'c1'],
  ]),
  body: NO_BODY,
};
const WIRE = { address: '10.0.0.2', port: 5060, transport: 'udp' } as const;

function dialog(more: ReadonlyArray<readonly [string, string]> = []): Dialog {
  const response: SipResponse = {
    kind: 'response',
    status: 200,
    reason: 'OK',
    headers: Headers.of([['To', '<sip:phone@10.0.0.9>;tag=theirs'], ['Contact', '<sip:phone@10.0.0.9:5070>'], ...more]),
    body: NO_BODY,
  };
  const made = dialogOfUac(INVITE, response, WIRE, 7);
  if (made === null) throw new Error('no dialog');
  return made;
}

describe('a dialog (RFC 3261 §12)', () => {
  it('of the caller takes the recorded route backwards and the Contact as its target (§12.1.2)', () => {
    const made = dialog([['Record-Route', '<sip:far.example;lr>, <sip:10.0.0.3:5080;lr;transport=tcp>']]);
    expect(made.routes).toEqual(['<sip:10.0.0.3:5080;lr;transport=tcp>', '<sip:far.example;lr>']);
    expect(nextHop(made)).toEqual({ address: '10.0.0.3', port: 5080, transport: 'tcp' });
    expect(nextHop(dialog())).toEqual({ address: '10.0.0.9', port: 5070, transport: 'udp' });
  });

  it('does not come about without a To tag or a Contact', () => {
    const bare: SipResponse = {
      kind: 'response',
      status: 200,
      reason: 'OK',
      headers: Headers.of([['To', '<sip:a@b>;tag=t']]),
      body: NO_BODY,
    };
    expect(dialogOfUac(INVITE, bare, WIRE, 7)).toBeNull();
    const untagged = Headers.of([
      ['To', '<sip:a@b>'],
      ['Contact', '<sip:a@b>'],
    ]);
    expect(dialogOfUac(INVITE, { ...bare, headers: untagged }, WIRE, 7)).toBeNull();
  });

  it('sends to the target through loose routers, and by the older way where the first knows no lr (§12.2.1.1)', () => {
    const loose = requestIn(dialog([['Record-Route', '<sip:p.example;lr>']]), 'BYE', { headers: [] }).request;
    expect(loose.uri).toBe('sip:phone@10.0.0.9:5070');
    expect(loose.headers.all('route')).toEqual(['<sip:p.example;lr>']);
    const strict = requestIn(dialog([['Record-Route', '<sip:q.example>, <sip:p.example>']]), 'BYE', { headers: [] }).request;
    expect(strict.uri).toBe('sip:p.example');
    expect(strict.headers.all('route')).toEqual(['<sip:q.example>', '<sip:phone@10.0.0.9:5070>']);
  });

  it('counts its own requests up, repeats the number of the INVITE in its ACK, and takes only higher ones (§12.2)', () => {
    const first = requestIn(dialog(), 'INFO', { headers: [] });
    const second = requestIn(first.dialog, 'BYE', { headers: [] });
    expect([first.request.headers.get('cseq'), second.request.headers.get('cseq')]).toEqual(['8 INFO', '9 BYE']);
    const ack = requestIn(second.dialog, 'ACK', { headers: [], ackOf: 7 });
    expect(ack.request.headers.get('cseq')).toBe('7 ACK');
    expect(ack.dialog).toBe(second.dialog);
    const heard = advanceRemote(dialog(), 5);
    expect(heard?.remoteCseq).toBe(5);
    expect(heard && advanceRemote(heard, 5)).toBeNull();
    expect(heard && advanceRemote(heard, 6)?.remoteCseq).toBe(6);
  });

  it('follows the far end to a new Contact, and stays where it was for one that is none (§12.2.1.2)', () => {
    expect(refreshTarget(dialog(), Headers.of([['Contact', '<sip:phone@10.0.0.10>']])).target).toBe('sip:phone@10.0.0.10');
    expect(refreshTarget(dialog(), Headers.of([['Contact', '*']])).target).toBe('sip:phone@10.0.0.9:5070');
  });

  it.each([
    ['sips:a@10.0.0.1', { address: '10.0.0.1', port: 5061, transport: 'tls' }],
    ['sip:a@10.0.0.1:5099;transport=TLS', { address: '10.0.0.1', port: 5099, transport: 'tls' }],
    ['sip:a@[2001:db8::1]', { address: '2001:db8::1', port: 5060, transport: 'udp' }],
  ])('reads the way to %s', (uri, way) => {
    expect(addressOf(uri)).toEqual(way);
  });

  it.each(['tel:123', 'sip:a@10.0.0.1;transport=sctp', 'nonsense'])('has no way to %s', (uri) => {
    expect(addressOf(uri)).toBeNull();
  });
});
