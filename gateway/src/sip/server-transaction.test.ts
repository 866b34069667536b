import { describe, expect, it } from 'vitest';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { openEnvelope, readInbound } from './inbound.ts';
import { parseMessage } from './parse-message.ts';
import { respond } from './respond.ts';
import { ServerTransaction } from './server-transaction.ts';

const SOURCE = { address: '10.0.0.2', port: 5060, transport: 'udp' } as const;

function open(method: string) {
  const text = `${method} sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bK1\r\nFrom: <sip:x@y>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: c\r\nCSeq: 1 ${method}\r\n\r\n`;
  const parsed = parseMessage(Buffer.from(text));
  const envelope = parsed.ok && parsed.message.kind === 'request' ? openEnvelope(parsed.message, SOURCE) : null;
  const inbound = envelope && readInbound(envelope);
  if (inbound === null) throw new Error('the request of the test is broken');
  const sent: string[] = [];
  const clock = new FakeClock();
  let ended = 0;
  const wire = { send: (bytes: Buffer) => void sent.push(bytes.toString().slice(8, 11)), isConnected: () => false };
  const transaction = new ServerTransaction(inbound, wire, clock, () => ended++);
  transaction.start();
  const say = (status: number): void => transaction.respond(respond(inbound, status, { toTag: 't' }));
  return { transaction, sent, clock, say, ended: () => ended };
}

describe('ServerTransaction', () => {
  it('says 100 at once for an INVITE and nothing by itself for anything else', () => {
    expect(open('INVITE').sent).toEqual(['100']);
    expect(open('INFO').sent).toEqual([]);
  });

  it('lets one final response out: whoever comes later with another is not heard', () => {
    const { sent, say, transaction } = open('INVITE');
    say(180);
    say(486);
    say(180);
    say(486);
    say(200);
    transaction.receiveAgain();
    expect(sent).toEqual(['100', '180', '486', '486']);
    expect(transaction.finalStatus).toBe(486);
  });

  it('lets the same 2xx out again, since only its giver knows whether the ACK came', () => {
    const { sent, say } = open('INVITE');
    say(200);
    say(200);
    expect(sent).toEqual(['100', '200', '200']);
  });

  it('ends once, with its timers', () => {
    const { say, clock, transaction, ended } = open('INFO');
    say(200);
    clock.advance(32_000);
    transaction.stop();
    expect(ended()).toBe(1);
    expect(clock.pending).toBe(0);
  });
});
