/** The sockets of a leg on the loopback address: connected to a steady far end, open again when it moves. */
import { afterEach, expect, it, vi } from 'vitest';
import { RtpPeer } from '../../fixtures/rtp/rtp-peer.ts';
import { LegSockets } from './leg-sockets.ts';

const wait = { timeout: 30_000, interval: 10 };
const port = 28_000 + (process.pid % 900) * 2;
const opened: Array<{ close(): void }> = [];
afterEach(() => {
  for (const one of opened.splice(0)) one.close();
});

it('hears and reaches only the far end it is connected to, and any other once it is released', async () => {
  const heard: number[] = [];
  const sockets = await LegSockets.open(
    '127.0.0.1',
    port,
    (_packet, _address, from) => heard.push(from),
    () => {},
  );
  const [first, second] = [await RtpPeer.open(), await RtpPeer.open()];
  opened.push(sockets, first, second);
  const packet = Buffer.alloc(172, 0x80);
  sockets.connect('127.0.0.1', first.port, false);
  second.sendRaw(packet, port);
  first.sendRaw(packet, port);
  await vi.waitFor(() => expect(heard).toEqual([first.port]), wait);
  sockets.sendRtp(packet, 0, packet.length, '127.0.0.1', first.port);
  await vi.waitFor(() => expect(first.heard).toHaveLength(1), wait);

  sockets.release();
  second.sendRaw(packet, port);
  await vi.waitFor(() => expect(heard).toEqual([first.port, second.port]), wait);
  sockets.connect('127.0.0.1', second.port, false);
  sockets.sendRtp(packet, 0, packet.length, '127.0.0.1', second.port);
  await vi.waitFor(() => expect(second.heard).toHaveLength(1), wait);
  expect(sockets.sendFailed).toBe(0);
});
