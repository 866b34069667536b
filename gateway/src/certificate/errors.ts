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
