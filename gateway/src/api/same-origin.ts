/**
 * Keeps other sites' pages from acting with an agent's cookie: state changes need a header that a form cannot send and, where a browser
 * says so, our own origin; sockets, which know no preflight, need the origin. Pure. (`SameSite=Strict` is the third lock.)
 */
export interface RequestHead {
  readonly method: string;
  readonly isUpgrade: boolean;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD']);

/** @param scheme of this door, `http` or `https` */
export function mayAct(request: RequestHead, scheme: 'http' | 'https'): boolean {
  const { origin, host } = request.headers;
  const isOurs = typeof origin === 'string' && typeof host === 'string' && isSameOrigin(origin, `${scheme}://${host}`);
  if (request.isUpgrade) return isOurs;
  if (SAFE_METHODS.has(request.method)) return true;
  if (request.headers['x-keepline'] !== 'desk') return false;
  return origin === undefined || isOurs; // programs send no origin; browsers always do for these methods
}

function isSameOrigin(a: string, b: string): boolean {
  try {
    return new URL(a).origin === new URL(b).origin;
  } catch {
    return false;
  }
}
