import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { eventually } from './eventually.ts';
import { tempDir } from './temp-dir.ts';
import { WireCapture } from './wire-capture.ts';

describe('a capture of one port', () => {
  it('has both directions whole, even what was cut between two segments', async () => {
    const dir = tempDir();
    const server = createServer((socket) => void socket.on('data', (bytes) => socket.write(bytes.toString('utf8').toUpperCase()))).listen(
      0,
      '127.0.0.1',
    );
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const capture = await WireCapture.start(address.port, dir.path);
    try {
      const socket = connect({ port: address.port, host: '127.0.0.1', noDelay: true });
      for (const part of ['138001', '38000,last']) {
        socket.write(part);
        await once(socket, 'data');
      }
      await eventually('all of it is in the file', () => capture.has('LAST'));
      socket.destroy();
      expect((await capture.stop()).map((bytes) => bytes.toString('utf8')).toSorted()).toEqual(['13800138000,LAST', '13800138000,last']);
    } finally {
      await capture.close();
      server.close();
      dir.remove();
    }
  });
});
