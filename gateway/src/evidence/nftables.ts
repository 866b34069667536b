/** Reads `nft -j list ruleset` (libnftables-json(5)): what the packet filter in force really does. Pure. */
import type { FirewallFact } from '@keepline/compliance/mlps-facts';

/** @param objects the array `nftables` of the document */
export function judgeFirewall(objects: readonly unknown[]): Omit<FirewallFact, 'sha256'> {
  const rules = objects.flatMap((object) => field(object, 'rule') ?? []);
  const chains = objects.flatMap((object) => field(object, 'chain') ?? []);
  const expressions = rules.map((rule) => JSON.stringify(field(rule, 'expr') ?? []));
  return {
    rules: rules.length,
    defaultDrop: chains.some((chain) => field(chain, 'hook') === 'input' && field(chain, 'policy') === 'drop'),
    fiveTupleRules: expressions.filter((text) => /"[sd]port"/.test(text) && /"[sd]addr"/.test(text)).length,
    statefulRules: expressions.filter((text) => /"ct":\{"key":"state"/.test(text)).length,
    zeroHitRules: expressions.filter((text) => /"counter":\{"packets":0,/.test(text)).length,
  };
}

function field(of: unknown, name: string): unknown {
  return typeof of === 'object' && of !== null ? Reflect.get(of, name) : undefined;
}
