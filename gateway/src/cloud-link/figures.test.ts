/** What the gateway takes over from the other process word for word, with a real HTTP server on a real unix socket. */
import { createServer } from 'node:http';
import { once } from 'node:events';
import { tempDir } from '@keepline/testkit/temp-dir';
import { expect, it } from 'vitest';
import { readRelayMetrics } from './figures.ts';

const ONE = '# HELP keepline_relay_staged Events that wait.\n# TYPE keepline_relay_staged gauge\nkeepline_relay_staged 2\n';

it('takes the figures of the relay and nothing else, and none from a process that is gone', async () => {
  const dir = tempDir();
  const socketPath = `${dir.path}/s.sock`;
  let text = ONE;
  const server = createServer((_, response) => response.end(text)).listen(socketPath);
  await once(server, 'listening');
  expect(await readRelayMetrics(socketPath)).toBe(ONE);
  for (const other of [`${ONE}keepline_calls 9\n`, '<html>', `${ONE}keepline_relay_x 1`, ONE.repeat(200)]) {
    text = other;
    expect(await readRelayMetrics(socketPath)).toBe('');
  }
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
  expect(await readRelayMetrics(socketPath)).toBe('');
  dir.remove();
});
