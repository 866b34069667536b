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
import type { TypedDoor } from './typed-door.ts';

const LOOPBACK = '127.0.0.1';
const LOOK_AT_CERTIFICATE_EVERY_MS = 86_400_000;
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
  let tls: TlsServer | undefined;
  const sockets = new Set<Socket>();
  const { app: plainDoor } = await buildDoor({
    parts,
    limits,
    isSecure: false,
    hsts: false,
    makeServer: (answer) => bounded(createServer(timeouts(limits), answer), limits, sockets),
  });
  const { app: secureDoor } = await buildDoor({
    parts,
    limits,
    isSecure: true,
    hsts: certificate.origin === 'installed',
    makeServer(answer) {
      tls = createTlsServer({ ...timeouts(limits), ...tlsOptions(certificate), handshakeTimeout: limits.tlsHandshakeMs }, answer);
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
      .then((fresh) => tls?.setSecureContext(tlsOptions(fresh)))
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

function tlsOptions(certificate: SiteCertificate) {
  return { key: certificate.privateKey, cert: certificate.certificate, minVersion: 'TLSv1.2' as const };
}

/** @param sockets every connection of the server while it lives, also those that never finished a handshake */
function bounded<S extends Server | TlsServer>(server: S, limits: ApiLimits, sockets: Set<Socket>): S {
  server.maxConnections = limits.connections;
  server.maxHeadersCount = 100;
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
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
