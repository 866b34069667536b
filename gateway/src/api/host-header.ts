/**
 * Keeps names that are not ours from reaching a door: a page of another site whose name was made to point at this machine (DNS rebinding)
 * would otherwise be of the same origin as our answers, on loopback too. Ours are loopback and what the certificate of the site names. Pure.
 */
import { X509Certificate } from 'node:crypto';

const LOOPBACK: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/** @param host of the request, with or without a port @param isOurName whether the certificate names it; IPv6 without brackets */
export function isOurHost(host: string | undefined, isOurName: (name: string) => boolean): boolean {
  if (host === undefined || !/^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(:[0-9]{1,5})?$/.test(host)) return false;
  const name = host.replace(/:[0-9]+$/, '').toLowerCase();
  return LOOPBACK.has(name) || isOurName(name.replace(/^\[|\]$/g, ''));
}

/** @param pem the certificate of the site, first of its chain */
export function namedBy(pem: string): (name: string) => boolean {
  const certificate = new X509Certificate(pem);
  return (name) => (/^[0-9.]+$|:/.test(name) ? certificate.checkIP(name) : certificate.checkHost(name)) !== undefined;
}
