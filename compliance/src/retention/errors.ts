/** Refusals of retention. */
import { KeeplineError } from '@keepline/contracts/errors';

export class CertificateNotProven extends KeeplineError {
  constructor(why: string) {
    super('CERTIFICATE_NOT_PROVEN', `the deletion certificate is not proven: ${why}`, {
      hint: 'Take the certificate, the proof of the entry that it names (./keepline audit prove) and the verifier key from the same site.',
    });
  }
}

export class RetentionTooShort extends KeeplineError {
  constructor(line: string, months: number, least: number) {
    super('RETENTION_TOO_SHORT', `${line}: ${months} months are less than the ${least} the law asks for`, {
      hint: 'Raise retention.lines in site.yaml, or leave the line out; ./keepline retention show names the rules.',
      offending: months,
    });
  }
}
