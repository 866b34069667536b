/**
 * What SIP over TLS shows and trusts: the certificate of the site, or the one that `sip.tls` names. Read at start and looked at every minute, so that a
 * rotated or renewed one is shown to the next connection without a restart.
 */
import { readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import type { Clock } from '@keepline/contracts/clock';
import { KeeplineError, messageOf } from '@keepline/contracts/errors';
import type { SiteConfig } from '@keepline/contracts/site-config';
import { siteCertificate } from '../certificate/site-certificate.ts';
import type { TlsListener } from '../sip/transports.ts';

const LOOK_MS = 60_000;

/** @returns null where TLS is off. @throws KeeplineError SIP_CERTIFICATE_UNREADABLE, CertificateUnusable */
export async function sipTlsOf(
  { sip: { tls }, network }: SiteConfig,
  data: string,
  clock: Pick<Clock, 'now'>,
): Promise<TlsListener | null> {
  if (!tls.enabled) return null;
  const read = (path: string): string => {
    try {
      return readFileSync(isAbsolute(path) ? path : join(data, path), 'utf8');
    } catch (cause) {
      throw new SipCertificateUnreadable(path, cause);
    }
  };
  const own = tls.certificateFile === '' ? await siteCertificate(join(data, 'keys'), network.address, clock.now()) : null;
  return {
    port: tls.port,
    certificate: own?.certificate ?? read(tls.certificateFile),
    key: own?.privateKey ?? read(tls.keyFile),
    ...(tls.caFile === '' ? {} : { authorities: read(tls.caFile) }),
    requireCertificate: tls.requireCertificate,
  };
}

export interface SipTlsParts {
  readonly site: SiteConfig;
  readonly data: string;
  readonly clock: Pick<Clock, 'now' | 'every'>;
  /** What is in use now. */
  readonly inUse: TlsListener | null;
  readonly userAgent: { renewTls(terms: TlsListener): void };
  readonly onFault: (fault: unknown) => void;
}

/** A pair that cannot be used is told, and the one in use stays: its two files may just be about to be exchanged. @returns what ends it */
export function keepSipTlsFresh({ site, data, clock, inUse, userAgent, onFault }: SipTlsParts): () => void {
  if (inUse === null) return () => {};
  const textOf = ({ certificate, key, authorities = '' }: TlsListener): string =>
    [certificate, key, authorities].map((pem) => pem.trim()).join('\n'); // one that was just made ends otherwise than one that was read
  let known = textOf(inUse);
  const look = async (): Promise<void> => {
    const fresh = await sipTlsOf(site, data, clock);
    if (fresh === null || textOf(fresh) === known) return;
    try {
      userAgent.renewTls(fresh);
    } catch (cause) {
      throw new SipCertificateUnreadable(site.sip.tls.certificateFile, cause);
    }
    known = textOf(fresh);
  };
  return clock.every(LOOK_MS, () => void look().catch(onFault));
}

class SipCertificateUnreadable extends KeeplineError {
  constructor(path: string, cause: unknown) {
    super('SIP_CERTIFICATE_UNREADABLE', `cannot read ${path}: ${messageOf(cause)}`, {
      hint: 'Check the paths in sip.tls and the rights of this user; without certificateFile the certificate of the site is used.',
      offending: path,
      cause,
    });
  }
}
