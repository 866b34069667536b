/**
 * Where a request for a SIP URI goes (RFC 3263 §4.1, §4.2), pure: what is to be looked up in DNS, and in which order what was found is
 * tried (RFC 2782, RFC 3403).
 */
import { bareHost, DEFAULT_SIP_PORT, DEFAULT_SIPS_PORT, isAddress, type SipSource, type TransportName } from './transport.ts';
import { parseUri } from './uri.ts';

export interface NaptrRecord {
  readonly order: number;
  readonly preference: number;
  readonly flags: string;
  readonly service: string;
  readonly replacement: string;
}

export interface SrvRecord {
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  readonly name: string;
}

/** A service that DNS may know by SRV records. */
export interface Service {
  readonly transport: TransportName;
  /** Such as `_sip._tcp.example.com`. */
  readonly name: string;
}

/**
 * What is known of a URI before anything is looked up: its place, when it names an address; a host whose addresses are wanted, when it names
 * a port; else a domain, whose services are wanted.
 */
export type Question =
  | { readonly ask: 'nothing'; readonly place: SipSource }
  | { readonly ask: 'addresses'; readonly host: string; readonly port: number; readonly transport: TransportName }
  | { readonly ask: 'services'; readonly domain: string; readonly transport: TransportName | null; readonly isSecure: boolean };

/** null for what is no URI of ours: tel:, or a transport we do not speak. */
export function questionOf(uriText: string): Question | null {
  const uri = parseUri(uriText);
  if (uri === null || uri.scheme === 'tel') return null;
  const isSecure = uri.scheme === 'sips';
  const said = uri.params.get('transport')?.toLowerCase();
  if (said !== undefined && said !== 'udp' && said !== 'tcp' && said !== 'tls') return null;
  const transport = isSecure ? 'tls' : (said ?? null);
  const host = bareHost(uri.host).toLowerCase();
  const known = transport ?? 'udp'; // §4.1: with an address or a port, and nothing said, UDP
  if (isAddress(host)) return { ask: 'nothing', place: { address: host, port: uri.port ?? portOf(known), transport: known } };
  if (uri.port !== null) return { ask: 'addresses', host, port: uri.port, transport: known };
  return { ask: 'services', domain: host, transport, isSecure };
}

export const portOf = (transport: TransportName): number => (transport === 'tls' ? DEFAULT_SIPS_PORT : DEFAULT_SIP_PORT);

const SERVICES: Readonly<Record<string, TransportName>> = { 'sip+d2u': 'udp', 'sip+d2t': 'tcp', 'sips+d2t': 'tls' };
const PREFIX: Readonly<Record<TransportName, string>> = { udp: '_sip._udp.', tcp: '_sip._tcp.', tls: '_sips._tcp.' };

/** The service a domain prefers among those we speak; null when its NAPTR records, if it has any, name none (§4.1). */
export function preferredService(
  records: readonly NaptrRecord[],
  { transport, isSecure }: { transport: TransportName | null; isSecure: boolean },
): Service | null {
  const sorted = records.toSorted((a, b) => a.order - b.order || a.preference - b.preference);
  for (const { flags, service, replacement } of sorted) {
    const offered = flags.toLowerCase() === 's' ? SERVICES[service.toLowerCase()] : undefined;
    if (offered === undefined || replacement === '') continue;
    if ((isSecure && offered !== 'tls') || (transport !== null && offered !== transport)) continue;
    return { transport: offered, name: replacement };
  }
  return null;
}

/** The SRV names to ask for in turn where NAPTR said nothing: what the URI wants, else all we speak, the safest first. */
export function usualServices(domain: string, transport: TransportName | null, canTls: boolean): readonly Service[] {
  const wanted: readonly TransportName[] = transport !== null ? [transport] : canTls ? ['tls', 'tcp', 'udp'] : ['udp', 'tcp'];
  return wanted.map((name) => ({ transport: name, name: `${PREFIX[name]}${domain}` }));
}

/**
 * The order of RFC 2782: priorities upwards; inside one, records are drawn by weight. A single `.` says that there is no such service.
 * @param random from 0 up to, not including, 1
 */
export function orderSrv(records: readonly SrvRecord[], random: () => number): readonly SrvRecord[] {
  const left = records.filter(({ name }) => name !== '' && name !== '.').toSorted((a, b) => a.priority - b.priority || a.weight - b.weight);
  const order: SrvRecord[] = [];
  while (left.length > 0) {
    const same = left.filter(({ priority }) => priority === left[0]?.priority);
    const total = same.reduce((sum, { weight }) => sum + weight, 0);
    const ticket = Math.floor(random() * (total + 1));
    let running = 0;
    const at = same.findIndex(({ weight }) => (running += weight) >= ticket);
    order.push(...left.splice(Math.max(at, 0), 1));
  }
  return order;
}
