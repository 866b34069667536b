/** The wire as the upper layers see it (RFC 3261 §18). */

/** Where a message came from, or where it goes; an IPv4 address, or a name that the system resolves (no SRV). */
export interface SipSource {
  readonly address: string;
  readonly port: number;
  readonly transport: 'udp' | 'tcp';
}

export interface Wire {
  /**
   * Never throws; `onFail` comes later and at most once. On TCP an open connection to the address is used, else one is opened to
   * `port`, or to `dialPort` where the peer listens elsewhere than it sends from (RFC 3261 §18.2.2).
   */
  send(bytes: Buffer, to: SipSource, onFail: () => void, dialPort?: number): void;
  /** Whether a TCP connection to this very address and port is open. */
  isConnected(to: SipSource): boolean;
}

export const DEFAULT_SIP_PORT = 5060;
