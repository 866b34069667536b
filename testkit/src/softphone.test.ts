/** The soft phone is a measuring instrument of many tests: where it errs, a test accuses the gateway. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { eventually } from './eventually.ts';
import { type RingingCall, Softphone } from './softphone.ts';
import { RtpLine } from './softphone/rtp-line.ts';
import { sdpText } from './softphone/sip-text.ts';
import { toneShare } from './tone.ts';

it('takes an INVITE that comes again for the same call: rings once, and speaks on when it has answered', async () => {
  const phone = await Softphone.open();
  const peer = createSocket('udp4').bind(0, '127.0.0.1');
  await once(peer, 'listening');
  const ear = await RtpLine.open('127.0.0.1');
  const ringing: RingingCall[] = [];
  phone.onRinging = (call) => void ringing.push(call);
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
      'Content-Type: application/sdp',
      '',
      sdpText('127.0.0.1', ear.port, 1),
    ].join('\r\n'),
  );
  const answersOf = (status: number): string[] => answers.filter((text) => text.startsWith(`SIP/2.0 ${status}`));
  const bye = Buffer.from(
    invite
      .toString()
      .replace(/^INVITE/, 'BYE')
      .replace('1 INVITE', '2 BYE'),
  );
  const send = (): void => peer.send(invite, phone.port, '127.0.0.1');
  send();
  await eventually('it rings', () => answersOf(180).length === 1);
  send();
  await eventually('it says again that it rings', () => answersOf(180).length === 2);
  expect(ringing).toHaveLength(1);
  const talk = await ringing[0]?.answer([620]);
  await eventually('it has answered', () => answersOf(200).length > 0);
  const before = answersOf(200).length;
  send();
  await eventually('it says again that it has answered', () => answersOf(200).length > before);
  expect(new Set(answersOf(200)).size).toBe(1);
  ear.forget();
  await eventually('its voice goes on', () => toneShare(ear.heard(400), 620) > 0.5);
  peer.send(bye, phone.port, '127.0.0.1');
  await talk?.ended;
  ear.close();
  peer.close();
  await phone.close();
});
