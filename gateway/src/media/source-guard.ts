/**
 * Whom a leg listens to: the address its SDP named, and one port of it. Behind a NAT the port differs from the SDP's; it may be learnt
 * once, from that same address, in the first seconds. Anybody else is dropped, or a stranger could take over a call by sending first.
 */
const LEARN_MS = 5000;
/** How long late packets of a source that was replaced (a new SSRC) are kept out, ms: each would look like another change. */
const REPLACED_MS = 1000;

export class SourceGuard {
  #address = '';
  #port = 0;
  #namedPort = 0;
  #settled = false;
  #sinceMs = 0;
  #ssrc = -1;
  #replacedSsrc = -1;
  #replacedMs = 0;

  get address(): string {
    return this.#address;
  }
  /** Where to send: the learnt port once there is one (symmetric RTP, RFC 4961). 0 before an SDP came. */
  get port(): number {
    return this.#port;
  }

  /** An SDP named the far end. One that repeats the same keeps what was learnt. */
  expect(address: string, port: number, nowMs: number): void {
    if (address === this.#address && port === this.#namedPort) return;
    this.#address = address;
    this.#port = port;
    this.#namedPort = port;
    this.#settled = false;
    this.#sinceMs = nowMs;
  }

  accepts(address: string, port: number, nowMs: number): boolean {
    if (address !== this.#address || this.#namedPort === 0) return false;
    // The named port beats a learnt one: what came first may be the stream of a call that this port served before a crash.
    if (port === this.#port || port === this.#namedPort) {
      this.#port = port;
      this.#settled = true;
      return true;
    }
    if (this.#settled || nowMs - this.#sinceMs > LEARN_MS) return false;
    this.#port = port;
    this.#settled = true;
    return true;
  }

  /** Speaks from the place its SDP named, and no other will be learnt any more: its socket may be connected. */
  isSteady(nowMs: number): boolean {
    return this.#settled && this.#port === this.#namedPort && nowMs - this.#sinceMs > LEARN_MS;
  }

  /** Whether sound of this SSRC is what the far end sends now, not a late packet of what it sent before. */
  isCurrent(ssrc: number, nowMs: number): boolean {
    if (ssrc === this.#ssrc) return true;
    if (ssrc === this.#replacedSsrc && nowMs - this.#replacedMs < REPLACED_MS) return false;
    this.#replacedSsrc = this.#ssrc;
    this.#replacedMs = nowMs;
    this.#ssrc = ssrc;
    return true;
  }
}
