/** What can go wrong between us and the NATS servers, in our words. */
import { KeeplineError, messageOf } from '@keepline/contracts/errors';

export class CloudUnreachable extends KeeplineError {
  constructor(servers: readonly string[], cause: unknown) {
    super('CLOUD_UNREACHABLE', `no NATS server of ${servers.join(', ')} could be reached: ${messageOf(cause)}`, {
      hint: 'Calls go on without it. Check network, firewall and `cloud.servers`; see docs/runbook/link-down.md.',
      offending: servers.join(','),
      cause,
    });
  }
}

export class CloudRefused extends KeeplineError {
  constructor(servers: readonly string[], cause: unknown) {
    super('CLOUD_REFUSED', `the NATS server refused our credentials: ${messageOf(cause)}`, {
      hint: 'Check the file given with --credentials against the user of this site on the server.',
      offending: servers.join(','),
      cause,
    });
  }
}

export class CredentialsInvalid extends KeeplineError {
  constructor(path: string, why: string) {
    super('CREDENTIALS_INVALID', `cannot use the credentials file ${path}: ${why}`, {
      hint: 'Give a NATS .creds file (JWT), a PEM file with certificate and key, JSON with "user" and "password", or an nkey seed beginning with SU.',
      offending: path,
    });
  }
}

export class CredentialsExpired extends KeeplineError {
  constructor(identity: string, expiredMs: number) {
    super('CREDENTIALS_EXPIRED', `the credentials ${identity} expired at ${new Date(expiredMs).toISOString()}`, {
      hint: 'Calls go on and events wait. Renew them with ./keepline cloud credentials rotate; docs/runbook/credentials-expired.md.',
      offending: identity,
    });
  }
}

export class StreamMissing extends KeeplineError {
  constructor(stream: string) {
    super('STREAM_MISSING', `the cloud has no stream ${stream}`, {
      hint: 'Provision the site in the cloud first (cloud/provision.ts does it for the stand-in); events wait in the outbox meanwhile.',
      offending: stream,
    });
  }
}

/** The stream did not stand where the publisher thought: ask it again, do not repeat. */
export class WrongLast extends KeeplineError {
  constructor(eventId: string, answer: string) {
    super('STREAM_WRONG_LAST', `the stream refused event ${eventId}: ${answer}`, {
      hint: 'The relay asks the stream for its last message and resumes by itself; if it repeats, something else publishes to this stream.',
      offending: eventId,
    });
  }
}

export class PublishFailed extends KeeplineError {
  constructor(eventId: string, cause: unknown) {
    super('EVENT_PUBLISH_FAILED', `event ${eventId} was not acknowledged: ${messageOf(cause)}`, {
      hint: 'The relay resumes by itself; if it lasts, check that JetStream runs and has room on the server.',
      offending: eventId,
      cause,
    });
  }
}
