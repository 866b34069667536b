/**
 * The cookie that carries a session token. On HTTPS its name has the `__Host-` prefix (RFC 6265bis §4.1.3.2): browsers then refuse it
 * from any other host, path or plain connection. The two doors use two names, for cookies do not tell ports apart.
 */
import type { CookieSerializeOptions } from '@fastify/cookie';

export interface SessionCookie {
  readonly name: string;
  readonly options: CookieSerializeOptions;
}

/** No expiry: the browser forgets it when it closes, the server decides about all else. */
export function sessionCookie(isSecure: boolean): SessionCookie {
  return {
    name: isSecure ? '__Host-keepline-session' : 'keepline-session',
    options: { path: '/', httpOnly: true, sameSite: 'strict', secure: isSecure },
  };
}
