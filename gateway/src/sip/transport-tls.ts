/**
 * TLS for SIP (RFC 3261 §26.3.1, RFC 5922): 1.2 and 1.3, one certificate of ours, the certificate of the peer checked by its
 * subjectAltName. `sip:` URIs of the certificate come before its DNS names, which stand in only where it has none; no wildcards.
 */
import { createServer as createTcpServer, connect as connectTcp, isIP, type Server, type Socket } from 'node:net';
import {
  connect as connectTls,
  createSecureContext,
  createServer as createTlsServer,
  type PeerCertificate,
  type Server as TlsServer,
  TLSSocket,
} from 'node:tls';
import type { SipSource } from './transport.ts';

export interface TlsTerms {
  /** PEM of our certificate (chain) and its key. */
  readonly certificate: string;
  readonly key: string;
  /** PEM of the authorities that peers are checked against; absent: those of the system. */
  readonly authorities?: string;
  /** Whether a peer that connects must show a certificate of these authorities (mutual TLS). Asked for in any case. */
  readonly requireCertificate: boolean;
}

/** A kind of byte stream as `transport-tcp.ts` uses it. */
export interface StreamKind {
  readonly transport: 'tcp' | 'tls';
  listen(): Server;
  dial(to: SipSource): Socket;
  /** The event of a server when a connection may be read, and of a socket we opened. */
  readonly accepted: 'connection' | 'secureConnection';
  readonly connected: 'connect' | 'secureConnect';
  /** What a peer has proved to be; undefined when nothing. */
  identities(socket: Socket): readonly string[] | undefined;
}

export const plainStreams: StreamKind = {
  transport: 'tcp',
  listen: () => createTcpServer({ noDelay: true }),
  dial: (to) => connectTcp({ host: to.address, port: to.port, noDelay: true }),
  accepted: 'connection',
  connected: 'connect',
  identities: () => undefined,
};

export interface TlsStreams extends StreamKind {
  /**
   * Connections from now on show this certificate and are checked against these authorities; those that stand keep what they agreed on. Whether
   * a certificate is required stays as it was. @throws what OpenSSL says of a pair that does not fit; the one in use stays
   */
  renew(terms: TlsTerms): void;
}

export function tlsStreams(first: TlsTerms, handshakeMs: number): TlsStreams {
  let common = contextOf(first);
  const servers = new Set<TlsServer>();
  return {
    transport: 'tls',
    listen() {
      const server = createTlsServer({
        ...common,
        requestCert: true,
        rejectUnauthorized: first.requireCertificate,
        handshakeTimeout: handshakeMs,
        noDelay: true,
      });
      servers.add(server);
      server.once('close', () => servers.delete(server));
      return server;
    },
    dial: (to) =>
      connectTls({
        ...common,
        host: to.address,
        port: to.port,
        // The name that was asked for, not what it resolved to (RFC 5922 §7.3). An address cannot be sent as server name (RFC 6066 §3).
        ...(isIP(to.domain ?? to.address) === 0 ? { servername: to.domain ?? to.address } : {}),
        checkServerIdentity: (_name, certificate) =>
          isIdentity(to.domain ?? to.address, identitiesOf(certificate))
            ? undefined
            : new Error(`the certificate is not for ${to.domain ?? to.address}`),
      }),
    accepted: 'secureConnection',
    connected: 'secureConnect',
    identities: (socket) => (socket instanceof TLSSocket && socket.authorized ? identitiesOf(socket.getPeerCertificate()) : undefined),
    renew(terms) {
      const next = contextOf(terms);
      createSecureContext(next); // a key that is not of its certificate is found here, before any server has it
      for (const server of servers) server.setSecureContext(next);
      common = next;
    },
  };
}

const contextOf = ({ certificate, key, authorities }: TlsTerms) =>
  ({
    cert: certificate,
    key,
    ...(authorities === undefined ? {} : { ca: authorities }),
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.3',
  }) as const;

/**
 * What a certificate says its holder is (RFC 5922 §7.1): hosts of its `sip:` URIs; only without any, its DNS names; IP addresses beside
 * both, as peers without a domain use them. Lower case. A URI with a user names a person, not a domain, and does not count.
 */
export function identitiesOf(certificate: Pick<PeerCertificate, 'subjectaltname'>): readonly string[] {
  const uris: string[] = [];
  const names: string[] = [];
  const addresses: string[] = [];
  // Node writes `DNS:a.example, URI:sip:b.example`; a value that could be mistaken for another is put in quotes and passed over here.
  for (const entry of (certificate.subjectaltname ?? '').split(', ')) {
    const colon = entry.indexOf(':');
    const value = entry.slice(colon + 1).toLowerCase();
    if (value.includes('"') || value.includes('\0')) continue;
    const kind = entry.slice(0, colon);
    if (kind === 'URI' && /^sips?:[^@;?/]+$/.test(value)) uris.push(value.replace(/^sips?:/, ''));
    else if (kind === 'DNS' && !value.includes('*')) names.push(value);
    else if (kind === 'IP Address') addresses.push(value);
  }
  return [...(uris.length > 0 ? uris : names), ...addresses];
}

/** Whether a peer with these identities may stand for a host (RFC 5922 §7.2): equal, letter case aside. */
export function isIdentity(host: string, identities: readonly string[]): boolean {
  return identities.some((identity) => identity === host.toLowerCase() || canonical(identity) === canonical(host));
}

/** IPv6 has many spellings; the URL parser knows one. */
function canonical(host: string): string {
  return isIP(host) === 6 ? new URL(`http://[${host}]`).hostname : host.toLowerCase();
}
