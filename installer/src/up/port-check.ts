/** Asks the kernel about ports by taking them for a moment. */
import { createSocket } from 'node:dgram';
import { connect, createServer } from 'node:net';

/** The port if it could be taken (a free one for 0), else the reason it could not, such as `EADDRINUSE`. */
export function tryTcpPort(host: string, port: number): Promise<number | string> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => resolve('code' in error ? String(error.code) : error.message));
    server.listen({ host, port, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : port));
    });
  });
}

export function tryUdpPort(host: string, port: number): Promise<number | string> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.once('error', (error) => resolve('code' in error ? String(error.code) : error.message));
    socket.bind({ address: host, port, exclusive: true }, () => {
      const taken = socket.address().port;
      socket.close(() => resolve(taken));
    });
  });
}

/** Does somebody accept connections there? A path is a unix socket. */
export function answers(where: { readonly host: string; readonly port: number } | { readonly path: string }): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(where);
    const done = (open: boolean): void => {
      socket.destroy();
      resolve(open);
    };
    socket.setTimeout(1000, () => done(false));
    socket.once('connect', () => done(true));
    socket.once('error', () => done(false));
  });
}
