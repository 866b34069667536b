/**
 * Who may speak to us: known addresses, TLS names, and whoever proves a secret; the rest is refused and, when it insists, met with
 * silence. Asked for each request before it is read, so look-ups only. Bounds in `scanner-ban.ts` and `source-rate.ts`.
 */
import type { Clock } from '@keepline/contracts/clock';
import type { DigestGuard } from '../sip/digest-guard.ts';
import type { Inbound } from '../sip/inbound.ts';
import type { SipSource } from '../sip/transport.ts';
import { parseUri } from '../sip/uri.ts';
import type { Refusal } from '../sip/validate-request.ts';
import type { BanRules } from './scanner-ban.ts';
import { ScannerBan } from './scanner-ban.ts';
import type { SipSecrets } from './secrets.ts';
import { SourceRate } from './source-rate.ts';
import { RETRY_AFTER_SECONDS, type Trunk, type TrunkTable } from './trunk-table.ts';

export interface GatekeeperParts {
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly trunks: TrunkTable;
  readonly secrets: Pick<SipSecrets, 'inbound'>;
  /** Challenges calls of trunks that prove themselves by digest. */
  readonly guard: DigestGuard;
  readonly ban: BanRules;
  readonly callsPerSecond: number;
  /** Whether phones register here: then anybody may try REGISTER. */
  readonly hasRegistrar: boolean;
  /** Whether a phone is known to be at this address. */
  isPhone(address: string): boolean;
  /**
   * The machine the site runs on, which may call the echo and nothing else. A packet from outside that claims its address is dropped by the kernel
   * before anybody reads it (RFC 1812 §5.3.7).
   */
  readonly itself?: { readonly addresses: ReadonlySet<string>; readonly echo: string };
  /** A call of an agent's own phone: null lets it through; undefined where it comes from none. */
  vetPhone?(inbound: Inbound): Refusal | null | undefined;
  /** A source was banned; an IP address, which is personal data in some laws. */
  onBan(address: string): void;
}

export class Gatekeeper {
  readonly #parts: GatekeeperParts;
  readonly #ban: ScannerBan;
  readonly #rate: SourceRate;
  /** Which trunk a call came by, kept as long as its source is: one datagram, or one connection. */
  readonly #proved = new WeakMap<SipSource, Trunk>();

  constructor(parts: GatekeeperParts) {
    this.#parts = parts;
    this.#ban = new ScannerBan(parts.ban);
    this.#rate = new SourceRate(parts.callsPerSecond);
  }

  /** For `UserAgent.admit`: `''` as method is a connection that opens. */
  readonly admit = (source: SipSource, method: string): 'accept' | 'refuse' | 'drop' => {
    const { trunks, hasRegistrar, clock } = this.#parts;
    if (this.#isKnown(source)) return 'accept';
    if (this.#ban.isBanned(source.address, clock.monotonicMs())) return 'drop';
    if (trunks.hasDigest || (hasRegistrar && (method === 'REGISTER' || method === ''))) return 'accept';
    if (trunks.hasTlsNames && method === '') return 'accept'; // its certificate is seen with the first request
    if (method !== '') this.refused(source.address);
    return 'refuse';
  };

  /** For `UserAgent.vet`: a new call from a source that may speak. */
  readonly vet = (inbound: Inbound): Refusal | null => {
    const { request, source } = inbound;
    const { trunks, guard, secrets, clock } = this.#parts;
    const known = trunks.of(source.address, source.identities);
    if (!this.#rate.take(source.address, clock.monotonicMs())) return { status: 503, headers: [['Retry-After', `${RETRY_AFTER_SECONDS}`]] };
    const byPhone = this.#parts.vetPhone?.(inbound);
    if (byPhone !== undefined) return byPhone;
    if (known === undefined && this.#isItself(source.address))
      return parseUri(request.uri)?.user === this.#parts.itself?.echo ? null : { status: 403 };
    if (known !== undefined || !trunks.hasDigest) return null;
    const proof = guard.check(request, (username) => secrets.inbound(username)?.secret ?? null);
    if (!proof.ok) {
      this.refused(source.address);
      return proof;
    }
    const trunk = trunks.byDigest(secrets.inbound(proof.username)?.trunk ?? '');
    if (trunk === undefined) return { status: 403 };
    this.#proved.set(source, trunk);
    return null;
  };

  /** The trunk of a call that was let in. */
  trunkOf(source: SipSource): Trunk | undefined {
    return this.#parts.trunks.of(source.address, source.identities) ?? this.#proved.get(source);
  }

  /** Counts a refusal against a source, unless it is one of ours. */
  refused(address: string): void {
    if (this.#parts.trunks.of(address) || this.#parts.isPhone(address) || this.#isItself(address)) return;
    if (this.#ban.refused(address, this.#parts.clock.monotonicMs())) this.#parts.onBan(address);
  }

  /** Sources met with silence now. */
  get banned(): number {
    return this.#ban.banned(this.#parts.clock.monotonicMs());
  }

  #isKnown({ address, identities }: SipSource): boolean {
    return this.#parts.trunks.of(address, identities) !== undefined || this.#parts.isPhone(address) || this.#isItself(address);
  }

  #isItself(address: string): boolean {
    return this.#parts.itself?.echo !== '' && this.#parts.itself?.addresses.has(address) === true;
  }
}
