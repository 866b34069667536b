/** Asks the far end of a trunk by SIP OPTIONS over UDP or TCP (RFC 3261 §11) and waits for any answer: that it is reachable is all that is asked. */
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';

export interface FarEnd {
  readonly host: string;
  readonly port: number;
  readonly transport: 'udp' | 'tcp';
}

/** T1 doubling (§17.1.2.2) as far as a preflight waits, ms after the first. */
const SEND_AT_MS = [0, 500, 1500];
const LIMIT_MS = 3000;

/** Undefined for TLS, which this does not ask, and for what is no SIP URI (§19.1.1). */
export function farEndOf(uri: string): FarEnd | undefined {
  const found = /^(sips?):(?:[^@]*@)?(\[[^\]]+\]|[^:;?>]+)(?::(\d+))?([^?>]*)/i.exec(uri);
  const [, scheme = '', host = '', port, parameters = ''] = found ?? [];
  const transport = /;transport=(\w+)/i.exec(parameters)?.[1]?.toLowerCase() ?? 'udp';
  if (scheme.toLowerCase() !== 'sip' || host === '' || (transport !== 'udp' && transport !== 'tcp')) return undefined;
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port ?? 5060), transport };
}

/** Pure. @param from our address and port, as the answer is to find us */
export function optionsRequest(to: FarEnd, from: { readonly host: string; readonly port: number }, tag: string): string {
  const at = ({ host, port }: { readonly host: string; readonly port: number }): string =>
    `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return [
    `OPTIONS sip:${at(to)} SIP/2.0`,
    `Via: SIP/2.0/${to.transport.toUpperCase()} ${at(from)};branch=z9hG4bK${tag};rport`,
    'Max-Forwards: 70',
    `From: <sip:preflight@${at(from)}>;tag=${tag}`,
    `To: <sip:${at(to)}>`,
    `Call-ID: ${tag}@preflight`,
    'CSeq: 1 OPTIONS',
    'Accept: application/sdp',
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n');
}

/** @returns undefined when it answered, else why not */
export function askTrunk(to: FarEnd, from: string): Promise<string | undefined> {
  return to.transport === 'tcp' ? overTcp(to, from) : overUdp(to, from);
}

function overUdp(to: FarEnd, from: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket(to.host.includes(':') ? 'udp6' : 'udp4');
    const timers: NodeJS.Timeout[] = [];
    const done = (why?: string): void => {
      for (const timer of timers) clearTimeout(timer);
      socket.close();
      resolve(why);
    };
    socket.once('error', (fault: NodeJS.ErrnoException) => done(fault.code ?? fault.message));
    socket.on('message', (text) => {
      if (text.subarray(0, 8).toString('latin1') === 'SIP/2.0 ') done();
    });
    socket.bind({ address: from, port: 0 }, () => {
      const request = optionsRequest(to, { host: from, port: socket.address().port }, randomBytes(8).toString('hex'));
      for (const ms of SEND_AT_MS) timers.push(setTimeout(() => socket.send(request, to.port, to.host, () => {}), ms));
      timers.push(setTimeout(() => done('no answer'), LIMIT_MS));
    });
  });
}

function overTcp(to: FarEnd, from: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: to.host, port: to.port, localAddress: from });
    const done = (why?: string): void => {
      clearTimeout(limit);
      socket.destroy();
      resolve(why);
    };
    const limit = setTimeout(() => done('no answer'), LIMIT_MS);
    socket.once('error', (fault: NodeJS.ErrnoException) => done(fault.code ?? fault.message));
    socket.once('connect', () =>
      socket.write(optionsRequest(to, { host: from, port: socket.localPort ?? 5060 }, randomBytes(8).toString('hex'))),
    );
    socket.once('data', (piece) => done(piece.toString('latin1').startsWith('SIP/2.0 ') ? undefined : 'what answers is no SIP'));
  });
}
