/** What can be wrong with the certificate file of a site. */
import { KeeplineError } from '@keepline/contracts/errors';

export class CertificateUnusable extends KeeplineError {
  constructor(path: string, why: string, cause?: unknown) {
    super('CERTIFICATE_UNUSABLE', `the certificate of the site cannot be used: ${why} (${path})`, {
      hint: 'Put the private key and its certificate chain (PEM) there in one file, or move it away to have one made at the next start.',
      offending: path,
      cause,
    });
  }
}

export class CertificateInstalled extends KeeplineError {
  constructor(path: string) {
    super('CERTIFICATE_INSTALLED', `the certificate of the site was put there by its operator, not made by Keepline (${path})`, {
      hint: 'Have a new one issued and put key and chain in its place; the running gateway takes it within a minute.',
      offending: path,
    });
  }
}
