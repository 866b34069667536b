/** The client certificate of a request, as the connection has it; undefined where none was shown. */
import { TLSSocket } from 'node:tls';
import type { Socket } from 'node:net';
import type { ShownCertificate } from '../identity/machine-certificates.ts';

export function shownCertificate(socket: Socket): ShownCertificate | undefined {
  if (!(socket instanceof TLSSocket)) return undefined;
  const certificate = socket.getPeerX509Certificate();
  if (!certificate) return undefined;
  const names = certificate.subject.split('\n').filter((line) => line.startsWith('CN='));
  return {
    isTrusted: socket.authorized,
    commonName: names.length === 1 ? (names[0] ?? '').slice(3) : '', // a subject with two names says which it likes
    fromMs: certificate.validFromDate.getTime(),
    untilMs: certificate.validToDate.getTime(),
  };
}
