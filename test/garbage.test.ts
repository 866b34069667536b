/**
 * Garbage on the SIP, RTP, HTTP and WebSocket ports during a call: an error or a drop, and the two people go on talking.
 */
import { createSocket } from 'node:dgram';
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { callAndChoose, hears } from '@keepline/testkit/customer';
import { eventually } from '@keepline/testkit/eventually';
import { Softphone } from '@keepline/testkit/softphone';
import { PHONE_AGENT_HZ, staffedSite, type StaffedSite } from '@keepline/testkit/staffed-site';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const INVITE = 'INVITE sip:95000@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKx\r\n';

describe('garbage', () => {
  let house: StaffedSite;
  let phone: Softphone;
  beforeAll(async () => {
    house = await staffedSite(2);
    phone = await Softphone.open();
  }, 120_000);
  afterAll(async () => {
    await phone.close();
    await house.close();
  }, 120_000);

  it('on every open port does not disturb a call, and the next call is served', async () => {
    const { sip, http } = house.site.place;
    const call = await callAndChoose(phone, house.site);
    await hears(call, PHONE_AGENT_HZ);
    const before = await house.site.pids();

    const udp = createSocket('udp4');
    const spray = (port: number, bytes: Uint8Array | string): void => udp.send(bytes, port, '127.0.0.1');
    for (let i = 0; i < 200; i++) {
      spray(sip.port, randomBytes(1 + ((i * 37) % 1400)));
      spray(sip.port, INVITE + randomBytes(i).toString('latin1'));
      spray(sip.port, `${INVITE}Content-Length: -${i}\r\n\r\n`);
      spray(sip.port, `SIP/2.0 ${i} x\r\n\r\n`);
    }
    // Every port of the edge: the two the call uses are among them.
    const rtp = await rtpPortsOf(house);
    for (let i = 0; i < 10; i++) for (const port of rtp) spray(port, i % 2 === 0 ? randomBytes(172) : Buffer.from([0x80, 0x08, 0, 1]));
    await Promise.all([tcpGarbage(sip.port), tcpGarbage(Number(new URL(http).port)), webSocketGarbage(http)]);

    call.line.forget();
    await hears(call, PHONE_AGENT_HZ);
    const [agent] = house.answered;
    if (agent) await hears(agent, 440);
    expect((await house.site.pids()).get('gateway')).toBe(before.get('gateway'));
    const next = await callAndChoose(phone, house.site);
    await hears(next, PHONE_AGENT_HZ);
    await next.hangup();
    await call.hangup();
    udp.close();
  }, 120_000);
});

async function rtpPortsOf(house: StaffedSite): Promise<number[]> {
  const { readFileSync } = await import('node:fs');
  const { parse } = await import('yaml');
  const { media } = parse(readFileSync(`${house.site.place.data}/site.yaml`, 'utf8'));
  return Array.from({ length: 400 }, (_, i) => Number(media.rtpPortMin) + i);
}

/** Opens, writes nonsense, and waits until the other side has had enough or took it in. */
async function tcpGarbage(port: number): Promise<void> {
  for (const bytes of [
    randomBytes(100_000),
    Buffer.from('GET / HTTP/1.1\r\n'.repeat(5000)),
    Buffer.from(`${INVITE}Content-Length: 99999999\r\n\r\n`),
  ]) {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {}); // being cut off is the right answer
    socket.write(bytes);
    await eventually('taken or refused', () => socket.destroyed || socket.writableLength === 0);
    socket.destroy();
  }
}

async function webSocketGarbage(http: string): Promise<void> {
  const socket = new WebSocket(`${http.replace('http', 'ws')}/ws/agent`);
  await new Promise((resolve) => {
    socket.addEventListener('error', resolve); // no session: refused before a frame is read
    socket.addEventListener('close', resolve);
  });
}
