/**
 * Which trunk a request comes from (source address, name in its TLS certificate, or digest), and whether it may bring one more call.
 * State is bounded by the number of trunks. Times are monotonic ms.
 */
import { BlockList, isIPv4 } from 'node:net';
import { KeeplineError } from '@keepline/contracts/errors';
import type { TrunkConfig } from '@keepline/contracts/site-config';
import type { NumberRules } from './numbers.ts';
import { isIdentity } from '../sip/transport-tls.ts';

/** What a caller that is over a limit is told to wait, seconds. */
export const RETRY_AFTER_SECONDS = 5;

export interface Trunk {
  readonly name: string;
  readonly config: TrunkConfig;
  /** Calls in progress that came by it. */
  readonly calls: number;
  /** Takes one call of the allowance, or says why not. Call the result once, when the call is over. */
  admit(
    nowMs: number,
  ): { readonly admitted: true; readonly release: () => void } | { readonly admitted: false; readonly why: 'too_many_calls' | 'too_fast' };
}

export class TrunkTable {
  readonly #trunks: ReadonlyArray<{ readonly sources: BlockList; readonly trunk: Trunk }>;

  /** @throws KeeplineError TRUNK_SOURCE_INVALID */
  constructor(trunks: readonly TrunkConfig[]) {
    this.#trunks = trunks.map((config) => ({ sources: blockList(config), trunk: newTrunk(config) }));
  }

  /** The first trunk of the list that this address, or one of these names of a certificate, belongs to. */
  of(address: string, identities: readonly string[] = []): Trunk | undefined {
    const bare = address.split('%', 1)[0] ?? ''; // an IPv6 zone is ours, not the peer's
    const family = isIPv4(address) ? 'ipv4' : 'ipv6';
    return (
      this.#trunks.find(({ sources }) => sources.check(bare, family)) ??
      this.#trunks.find(({ trunk }) => trunk.config.tlsNames.some((name) => isIdentity(name, identities)))
    )?.trunk;
  }

  /** A trunk that may prove itself by digest. */
  byDigest(name: string): Trunk | undefined {
    return this.#trunks.find(({ trunk }) => trunk.name === name && trunk.config.digest)?.trunk;
  }

  get hasDigest(): boolean {
    return this.#trunks.some(({ trunk }) => trunk.config.digest);
  }
  get hasTlsNames(): boolean {
    return this.#trunks.some(({ trunk }) => trunk.config.tlsNames.length > 0);
  }

  all(): readonly Trunk[] {
    return this.#trunks.map(({ trunk }) => trunk);
  }
}

/** The numbering of a trunk; extensions are agents and phones, which never come by one. */
export const rulesOf = ({ areaCode, outbound, prefix }: TrunkConfig): NumberRules => ({ areaCode, outbound, prefix, extensions: '' });

function blockList(config: TrunkConfig): BlockList {
  const list = new BlockList();
  for (const source of config.sources) {
    const [address = '', bits] = source.split('/');
    try {
      const family = isIPv4(address) ? 'ipv4' : 'ipv6';
      if (bits === undefined) list.addAddress(address, family);
      else list.addSubnet(address, Number(bits), family);
    } catch (cause) {
      throw new KeeplineError('TRUNK_SOURCE_INVALID', `the trunk ${config.name} has a source that is no address or network: ${source}`, {
        hint: 'Write addresses such as 192.0.2.7 or 192.0.2.0/24 in `sip.trunks[].sources`.',
        offending: source,
        cause,
      });
    }
  }
  return list;
}

function newTrunk(config: TrunkConfig): Trunk {
  let calls = 0;
  let tokens = config.maxCallsPerSecond;
  let filledAtMs = 0;
  return {
    name: config.name,
    config,
    get calls() {
      return calls;
    },
    admit(nowMs) {
      // Token bucket: one second's worth of calls at most, refilled evenly.
      tokens = Math.min(config.maxCallsPerSecond, tokens + ((nowMs - filledAtMs) / 1000) * config.maxCallsPerSecond);
      filledAtMs = nowMs;
      if (calls >= config.maxCalls) return { admitted: false, why: 'too_many_calls' };
      if (tokens < 1) return { admitted: false, why: 'too_fast' };
      tokens -= 1;
      calls += 1;
      let open = true;
      return {
        admitted: true,
        release: () => {
          if (open) calls -= 1;
          open = false;
        },
      };
    },
  };
}
