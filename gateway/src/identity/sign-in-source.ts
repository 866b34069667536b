/** From which networks a role may sign in, decided from values alone: a role without a row may from anywhere, one with a row only from there. */
import { BlockList, isIP, isIPv4 } from 'node:net';
import type { Role } from '@keepline/contracts/roles';

export interface SourceLimit {
  readonly role: string;
  /** CIDR. */
  readonly networks: readonly string[];
}

/** The first of these roles that may not come from this address; undefined when all may. An address that is none may nothing that is limited. */
export function roleKeptOut(roles: readonly Role[], from: string, limits: readonly SourceLimit[]): Role | undefined {
  return roles.find((role) => {
    const own = limits.filter((limit) => limit.role === role);
    return own.length > 0 && !own.some(({ networks }) => networks.some((network) => isInside(from, network)));
  });
}

function isInside(address: string, network: string): boolean {
  const plain = address.replace(/^::ffff:(?=\d+\.)/, ''); // IPv4 through a socket that takes both
  const [base = '', bits] = network.split('/');
  if (isIP(plain) === 0 || isIP(base) !== isIP(plain)) return false;
  const family = isIPv4(plain) ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  const prefix = bits === undefined ? (family === 'ipv4' ? 32 : 128) : Number(bits);
  if (!Number.isInteger(prefix) || prefix < 0 || prefix > (family === 'ipv4' ? 32 : 128)) return false;
  list.addSubnet(base, prefix, family);
  return list.check(plain, family);
}
