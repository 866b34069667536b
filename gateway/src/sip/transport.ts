/** The wire as the upper layers see it (RFC 3261 §18). */
import { isIP, isIPv6 } from 'node:net';

export type TransportName = 'udp' | 'tcp' | 'tls';

/** Where a message came from, or where it goes; an IP address (IPv6 without brackets), or a name that the system resolves (SRV: `locator.ts`). */
export interface SipSource {
  readonly address: string;
  readonly port: number;
  readonly transport: TransportName;
  /** Which of our addresses it came to; what answers it leaves from there. Absent where the first of the right family will do. */
  readonly local?: string;
  /** TLS only: what the certificate of the peer says it is (RFC 5922 §7.1); absent when it showed none we trust. */
  readonly identities?: readonly string[];
  /** TLS only: the domain that DNS led here from, which the certificate must be for (RFC 5922 §7.3). Absent: the address itself. */
  readonly domain?: string;
}

export interface Wire {
  /**
   * Never throws; `onFail` comes later and at most once. On TCP and TLS an open connection to the address is used, else one is opened
   * to `port`, or to `dialPort` where the peer listens elsewhere than it sends from (RFC 3261 §18.2.2).
   */
  send(bytes: Buffer, to: SipSource, onFail: () => void, dialPort?: number): void;
  /** Whether a connection to this very address and port is open. */
  isConnected(to: SipSource): boolean;
  /** Our `host:port` for Via and Contact towards this place; absent on a wire with one address only. */
  sentBy?(to: SipSource): string;
}

export const DEFAULT_SIP_PORT = 5060;
/** RFC 3261 §19.1.2. */
export const DEFAULT_SIPS_PORT = 5061;

/** Whether the transport itself repeats what is lost (RFC 3261 §17.1.1.2): no retransmission by us. */
export const isReliable = ({ transport }: SipSource): boolean => transport !== 'udp';

/** Whether a host is an address, IPv4 or IPv6 without brackets, and no name. */
export const isAddress = (host: string): boolean => isIP(host) !== 0;

/** An address as it stands in a URI or Via: IPv6 in brackets (RFC 3261 §25.1). */
export const hostText = (address: string): string => (isIPv6(address) ? `[${address}]` : address);

/** The address of a host as it stands in a URI: IPv6 without its brackets. */
export const bareHost = (host: string): string => (host.startsWith('[') ? host.slice(1, -1) : host);
