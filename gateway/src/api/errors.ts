/** What the HTTP door refuses by itself, before anything of the house is asked. */
import { KeeplineError } from '@keepline/contracts/errors';

export class RequestInvalid extends KeeplineError {
  constructor(why: string) {
    super('REQUEST_INVALID', `the request does not fit: ${why}`, { hint: 'GET /api/openapi.json describes every route.' });
  }
}

export class RequestTooLarge extends KeeplineError {
  constructor() {
    super('REQUEST_TOO_LARGE', 'the body of the request is too large', { hint: 'A body has 64 KiB at most.' });
  }
}

export class SignInNeeded extends KeeplineError {
  constructor() {
    super('SIGN_IN_NEEDED', 'this needs a session', { hint: 'Sign in at the desk; the session may have ended.' });
  }
}

export class OriginRefused extends KeeplineError {
  constructor() {
    super('ORIGIN_REFUSED', 'the request does not come from a page of this site', {
      hint: 'Open the desk at the address of the site itself; programs send the header `x-keepline: desk`.',
    });
  }
}

export class HostRefused extends KeeplineError {
  constructor() {
    super('HOST_REFUSED', 'this site has another name', {
      hint: 'Use a name or address that the certificate of the site names; names of your own come with a certificate in keys/site.pem.',
    });
  }
}

export class TooManyRequests extends KeeplineError {
  readonly retryAfterMs: number;

  constructor(retryAfterMs: number) {
    super('TOO_MANY_REQUESTS', 'too many requests from this address', { hint: 'Wait, then go on more slowly.' });
    this.retryAfterMs = retryAfterMs;
  }
}

export class RouteUnknown extends KeeplineError {
  constructor() {
    super('ROUTE_UNKNOWN', 'there is nothing at this address', { hint: 'GET /api/openapi.json lists what is there.' });
  }
}

export class AlarmUnknown extends KeeplineError {
  constructor(number: number) {
    super('ALARM_UNKNOWN', `no alarm ${number} stands`, {
      hint: 'GET /api/alarms lists them; one with an end has ended already.',
      offending: number,
    });
  }
}

export class DecisionUnknown extends KeeplineError {
  constructor() {
    super('DECISION_UNKNOWN', 'no routing decision gave this call to you', { hint: 'A trace is there once the call was offered to you.' });
  }
}

export class CallUnknown extends KeeplineError {
  constructor() {
    super('CALL_UNKNOWN', 'there is no such call in the books of this site', { hint: 'A call is named by its id, such as call-018f….' });
  }
}

export class DeskPageMissing extends KeeplineError {
  constructor(folder: string) {
    super('DESK_PAGE_MISSING', 'the pages of the desk have not been built', {
      hint: 'Run `./keepline up`, which builds them, or `npx vite build` in admin-ui; then reload.',
      offending: folder,
    });
  }
}

export class WebPortTaken extends KeeplineError {
  constructor(port: number, address: string, cause: unknown) {
    super('WEB_PORT_TAKEN', `cannot listen on ${address}:${port}`, {
      hint: 'Another program has the port, or the address is not of this machine: change `web.httpPort`, `web.httpsPort` or `network.address`.',
      offending: port,
      cause,
    });
  }
}
