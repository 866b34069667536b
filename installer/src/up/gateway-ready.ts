/** Pure: the one line the gateway prints on stdout when its doors are open. */

export interface GatewayReady {
  /** Where the desk is served, such as `http://127.0.0.1:8080`. */
  readonly http: string;
  /** Empty when there is none. */
  readonly https: string;
  /** What a caller dials, such as `sip:100@127.0.0.1:5060`. */
  readonly sip: string;
  readonly pid: number;
  /** Only at the very first start; also in `first-passwords.json` of the data folder. */
  readonly firstPasswords: readonly { readonly agent: string; readonly password: string }[];
}

/** Undefined when the line is something else. Ports are turned into addresses of `host`. */
export function readyIn(line: string, host: string): GatewayReady | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (!isRecord(parsed) || !isRecord(parsed.ready)) return undefined;
  const { http, https, sip, pid, firstPasswords } = parsed.ready;
  return {
    http: address(http, (port) => `http://localhost:${port}`),
    https: address(https, (port) => `https://${host}:${port}`),
    sip: address(sip, (port) => `sip:${host}:${port}`),
    pid: typeof pid === 'number' ? pid : 0,
    firstPasswords: passwords(firstPasswords ?? parsed.firstPasswords),
  };
}

function address(found: unknown, ofPort: (port: number) => string): string {
  if (typeof found === 'number') return ofPort(found);
  return typeof found === 'string' ? found : '';
}

function passwords(list: unknown): { agent: string; password: string }[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((entry: unknown) =>
    isRecord(entry) && typeof entry.agent === 'string' && typeof entry.password === 'string'
      ? [{ agent: entry.agent, password: entry.password }]
      : [],
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
