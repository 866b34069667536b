/** The line between the machines of a pair, over real TLS: who comes with the secret is known by its name, on every connection. */
import { afterEach, expect, it } from 'vitest';
import { openDoor, PairLine } from './pair-line.ts';

const KEY = Buffer.alloc(32, 7);
const closers: Array<() => unknown> = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const opened = async (): Promise<{ host: string; port: number }> => {
  const host = '127.0.0.1';
  const door = await openDoor({ host, port: 0 }, new Map([['a', KEY]]), {
    '/who': (from, _question, reply) => void reply.setHeader('connection', 'close').end(JSON.stringify({ from })),
  });
  closers.push(() => door.close());
  return { host, port: door.port };
};
const line = (place: { host: string; port: number }, identity: string, key: Buffer): PairLine => {
  const made = new PairLine(place, identity, key);
  closers.push(() => made.close());
  return made;
};

it('knows who asks on a second connection too, where TLS would take up the session of the first', async () => {
  const asks = line(await opened(), 'a', KEY);
  for (let i = 0; i < 3; i++) expect(await asks.askJson('/who', {}, 10_000)).toEqual({ from: 'a' });
});

it('answers nobody with another secret or another name', async () => {
  const place = await opened();
  await expect(line(place, 'a', Buffer.alloc(32, 8)).askJson('/who', {}, 10_000)).rejects.toThrow(
    /decrypt|bad record|alert|ECONNRESET|socket/i,
  );
  await expect(line(place, 'b', KEY).askJson('/who', {}, 10_000)).rejects.toThrow(/identity|alert|ECONNRESET|socket/i);
});
