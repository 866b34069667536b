/**
 * Opens the two doors of the gateway: HTTP on loopback, HTTPS on the address of the site; renews the certificate while running, and
 * closes within a bound.
 */
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { siteCertificate, type SiteCertificate } from '../certificate/site-certificate.ts';
import { API_LIMITS, type ApiLimits, type ApiParts } from './api-parts.ts';
import { buildDoor } from './door.ts';
import { WebPortTaken } from './errors.ts';
import { namedBy } from './host-header.ts';
import type { TypedDoor } from './typed-door.ts';

const LOOPBACK = '127.0.0.1';
const LOOK_AT_CERTIFICATE_EVERY_MS = 60_000;
/** Desks get this long to read their `bye`; then every socket is cut. */
const CLOSE_WITHIN_MS = 2000;

export interface ApiOptions {
  readonly parts: ApiParts;
  /** Address agents reach this machine at. */
  readonly address: string;
  /** 0 takes a free one. */
  readonly httpPort: number;
  readonly httpsPort: number;
  /** Folder of `site.pem`. */
  readonly certificateFolder: string;
  readonly limits?: Partial<ApiLimits>;
}
export interface Api {
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly certificate: Pick<SiteCertificate, 'fingerprint' | 'expiresMs' | 'origin'>;
  /** Takes no more, says `site_stopping` to every desk, cuts what is left after 2 s. */
  close(): Promise<void>;
}

/**
 * Resolves when both doors are open; when one cannot be opened, neither is.
 * @throws WebPortTaken, CertificateUnusable
 */
export async function startApi(o: ApiOptions): Promise<Api> {
  const { parts } = o;
  const limits = { ...API_LIMITS, ...o.limits };
  const certificate = await siteCertificate(o.certificateFolder, o.address, parts.clock.now());
  let names = namedBy(certificate.certificate);
  const isOurName = (name: string): boolean => name === o.address || names(name);
  let tls: TlsServer | undefined;
  const sockets = new Set<Socket>();
  const { app: plainDoor } = await buildDoor({
    parts,
    limits,
    isSecure: false,
    isOurName,
    hsts: false,
    // all of loopback is one source: whatever stands in front of it, or this machine itself
    makeServer: (answer) =>
      bounded(createServer(timeouts(limits), answer), { ...limits, connectionsPerSource: limits.connections }, sockets),
  });
  const { app: secureDoor } = await buildDoor({
    parts,
    limits,
    isSecure: true,
    isOurName,
    hsts: certificate.origin === 'installed',
    makeServer(answer) {
      tls = createTlsServer(
        { ...timeouts(limits), ...tlsOptions(certificate, parts.machines?.ca), handshakeTimeout: limits.tlsHandshakeMs },
        answer,
      );
      return bounded(tls, limits, sockets);
    },
  });
  const doors = [plainDoor, secureDoor];
  let ports: number[];
  try {
    ports = [await listen(plainDoor, LOOPBACK, o.httpPort), await listen(secureDoor, o.address, o.httpsPort)];
  } catch (fault) {
    await Promise.all(doors.map((door) => door.close()));
    throw fault;
  }
  const stopLooking = parts.clock.every(LOOK_AT_CERTIFICATE_EVERY_MS, () => {
    siteCertificate(o.certificateFolder, o.address, parts.clock.now())
      .then((fresh) => {
        names = namedBy(fresh.certificate);
        tls?.setSecureContext(tlsOptions(fresh, parts.machines?.ca));
      })
      .catch((err: unknown) => parts.log.error({ err }, 'the certificate could not be looked at; the one in use stays'));
  });
  const [httpPort = 0, httpsPort = 0] = ports;
  let closing: Promise<void> | undefined;
  return {
    httpPort,
    httpsPort,
    certificate,
    close() {
      closing ??= (async () => {
        stopLooking();
        parts.desks.close();
        const cut = parts.clock.after(CLOSE_WITHIN_MS, () => {
          for (const socket of sockets) socket.destroy();
        });
        await Promise.all(doors.map((door) => door.close()));
        cut();
      })();
      return closing;
    },
  };
}

/** Node's own guards against clients that send slowly on purpose. */
function timeouts(limits: ApiLimits) {
  return {
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    connectionsCheckingInterval: limits.lookEveryMs,
    keepAliveTimeout: limits.keepAliveMs,
  };
}

/** @param ca of client certificates; one that does not hold is refused by the request, which can be written down, not by the handshake */
function tlsOptions(certificate: SiteCertificate, ca: string | undefined) {
  const asked = ca === undefined ? {} : { ca, requestCert: true, rejectUnauthorized: false };
  return { key: certificate.privateKey, cert: certificate.certificate, minVersion: 'TLSv1.2' as const, ciphers: SUITES, ...asked };
}

/** TLS 1.3, and of TLS 1.2 only what has forward secrecy and authenticated encryption (RFC 9325 §4.2.1); OpenSSL names. */
const SUITES = [
  ...['TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256', 'TLS_AES_128_GCM_SHA256'],
  ...['ECDSA', 'RSA'].flatMap((key) =>
    ['AES256-GCM-SHA384', 'CHACHA20-POLY1305', 'AES128-GCM-SHA256'].map((cipher) => `ECDHE-${key}-${cipher}`),
  ),
].join(':');

/** @param sockets every connection of the server while it lives, also those that never finished a handshake */
function bounded<S extends Server | TlsServer>(server: S, limits: ApiLimits, sockets: Set<Socket>): S {
  server.maxConnections = limits.connections;
  server.maxHeadersCount = 100;
  const bySource = new Map<string, number>();
  server.on('connection', (socket: Socket) => {
    const source = socket.remoteAddress ?? '';
    const open = (bySource.get(source) ?? 0) + 1;
    bySource.set(source, open);
    sockets.add(socket);
    socket.once('close', () => {
      sockets.delete(socket);
      const left = (bySource.get(source) ?? 1) - 1;
      if (left > 0) bySource.set(source, left);
      else bySource.delete(source);
    });
    if (open > limits.connectionsPerSource) socket.destroy();
  });
  return server;
}

async function listen(door: TypedDoor, host: string, port: number): Promise<number> {
  try {
    await door.listen({ host, port });
  } catch (cause) {
    throw new WebPortTaken(port, host, cause);
  }
  const address: AddressInfo | string | null = door.server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}
