/** Bytes on a socket, for attacks that no HTTP client would send. */
import { connect } from 'node:net';

/** Everything that came back until the far end hung up, or, where it keeps the line open, until `enough` is there. */
export function rawHttp(port: number, bytes: string, enough: (heard: string) => boolean = () => false): Promise<string> {
  return new Promise((resolve, reject) => {
    let heard = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes, 'latin1'));
    socket.setTimeout(25_000, () => socket.destroy(new Error(`neither an end nor enough: ${heard}`)));
    socket.on('data', (part) => {
      heard += part.toString('latin1');
      if (enough(heard)) socket.destroy();
    });
    socket.on('close', () => resolve(heard));
    socket.on('error', (fault: NodeJS.ErrnoException) => (fault.code === 'ECONNRESET' ? resolve(heard) : reject(fault)));
  });
}

/** Status of every reply in what was heard. */
export const statuses = (heard: string): number[] => [...heard.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));

/** The one refusal in what was heard: its code, or what stands there instead. */
export const refusalIn = (heard: string): string => /\r\n\r\n\{"error":\{"code":"(\w+)"/.exec(heard)?.[1] ?? heard;
