/** The soft phone is a measuring instrument of many tests: where it errs, a test accuses the gateway. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { eventually } from './eventually.ts';
import { Softphone } from './softphone.ts';

it('rings once for an INVITE that comes twice before its audio port is open', async () => {
  const phone = await Softphone.open();
  const peer = createSocket('udp4').bind(0, '127.0.0.1');
  await once(peer, 'listening');
  let rings = 0;
  phone.onRinging = () => void rings++;
  const answers: string[] = [];
  peer.on('message', (bytes) => answers.push(bytes.toString()));
  const { port } = peer.address();
  const invite = Buffer.from(
    [
      `INVITE sip:agent@127.0.0.1:${phone.port} SIP/2.0`,
      `Via: SIP/2.0/UDP 127.0.0.1:${port};branch=z9hG4bKtwice`,
      'Max-Forwards: 70',
      `From: <sip:caller@127.0.0.1:${port}>;tag=a`,
      `To: <sip:agent@127.0.0.1:${phone.port}>`,
      'Call-ID: twice',
      'CSeq: 1 INVITE',
      `Contact: <sip:caller@127.0.0.1:${port}>`,
      'Content-Length: 0',
      '',
      '',
    ].join('\r\n'),
  );
  peer.send(invite, phone.port, '127.0.0.1');
  peer.send(invite, phone.port, '127.0.0.1');
  await eventually('it says that it rings', () => answers.some((text) => text.startsWith('SIP/2.0 180')));
  peer.send(invite, phone.port, '127.0.0.1'); // a third time, when it rings: answered, not rung
  await eventually('it says so again', () => answers.length >= 2);
  expect(rings).toBe(1);
  peer.close();
  await phone.close();
});
