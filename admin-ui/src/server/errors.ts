/** What can go wrong between the desk and the gateway, with the codes the screen explains. */
import { KeeplineError } from '@keepline/contracts/errors';

/** The gateway said no; code and hint are the gateway's own. */
export class GatewayRefused extends KeeplineError {
  /** HTTP status, or 0 for a refusal over the socket. */
  readonly status: number;

  constructor(code: string, message: string, hint: string, status = 0) {
    super(code, message, { hint });
    this.status = status;
  }
}

export class GatewayUnreachable extends KeeplineError {
  constructor(path: string, cause: unknown) {
    super('DESK_GATEWAY_UNREACHABLE', `no reply from the gateway to ${path}`, {
      hint: 'Check the network of this workplace; on the appliance: ./keepline status',
      offending: path,
      cause,
    });
  }
}

export class GatewayReplyInvalid extends KeeplineError {
  constructor(path: string, status: number) {
    super('DESK_REPLY_INVALID', `the reply to ${path} is not what this desk understands`, {
      hint: 'Reload the page; desk and gateway may be of different versions.',
      offending: status,
    });
  }
}

export class SocketTimeout extends KeeplineError {
  constructor(ask: string, waitMs: number) {
    super('DESK_SOCKET_TIMEOUT', `the gateway did not answer ${ask} within ${waitMs} ms`, {
      hint: 'The desk reconnects by itself; look at the state shown before trying again.',
      offending: ask,
    });
  }
}

export class SocketClosed extends KeeplineError {
  constructor(ask: string) {
    super('DESK_SOCKET_CLOSED', `the connection to the gateway was lost before ${ask} was answered`, {
      hint: 'The desk reconnects by itself; look at the state shown before trying again.',
      offending: ask,
    });
  }
}

export class SocketBusy extends KeeplineError {
  constructor(ask: string, limit: number) {
    super('DESK_SOCKET_BUSY', `${limit} requests already wait for an answer`, {
      hint: 'Wait for the answers; if none comes, reload the page.',
      offending: ask,
    });
  }
}

/** The browser or the person at it did not go through with a passkey. */
export class PasskeyFailed extends KeeplineError {
  constructor(cause: unknown) {
    super('DESK_PASSKEY_FAILED', 'the browser gave no passkey', {
      hint: 'Cancelled, too late, or not supported here: try again, or use a code of your authenticator app.',
      cause,
    });
  }
}

/** Anything thrown as an error with a code, so that screens need only one way to show it. */
export function asKeeplineError(thrown: unknown): KeeplineError {
  if (thrown instanceof KeeplineError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new KeeplineError('DESK_UNEXPECTED', message, {
    hint: 'Reload the page; tell the administrator if it happens again.',
    cause: thrown,
  });
}
