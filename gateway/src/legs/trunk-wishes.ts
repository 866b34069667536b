/**
 * What the far end of a trunk may have a call of ours do: nothing by REFER; by 3xx what the trunk's setting says, and never more than a desk
 * may dial (toll fraud). Each wish is told, for the audit log.
 */
import type { TrunkConfig } from '@keepline/contracts/site-config';
import type { RedirectPolicy } from '../sip/redirect.ts';
import { parseUri } from '../sip/uri.ts';
import type { SipCall } from '../sip/user-agent.ts';
import { mayDial } from '../trunks/dialling-policy.ts';
import { rulesOf } from '../trunks/trunk-table.ts';

/** Redirections one call may follow. */
const REDIRECTS_MAX = 3;

/** @param trunk its name */
export type TellWish = (trunk: string, wish: 'sip.refer' | 'sip.redirect' | 'sip.replace', outcome: 'refused' | 'followed') => void;

/** Refuses every reference of this call, and tells of the first: a far end that insists fills no log. */
export function refuseReferrals(call: Pick<SipCall, 'onRefer'>, trunk: string, tell: TellWish): void {
  let isTold = false;
  call.onRefer((referral) => {
    referral.refuse(603);
    if (!isTold) tell(trunk, 'sip.refer', 'refused');
    isTold = true;
  });
}

/**
 * For one call out: `numbers` follows to the trunk's own host, to a number that `allowed` begins; each outcome is told once.
 * @param allowed `dialling.allowed`
 */
export function redirectPolicy(
  config: Pick<TrunkConfig, 'name' | 'target' | 'redirects'> & Parameters<typeof rulesOf>[0],
  allowed: readonly string[],
  tell: TellWish,
): RedirectPolicy {
  const own = parseUri(config.target)?.host.toLowerCase();
  const told = new Set<string>();
  return {
    maxHops: REDIRECTS_MAX,
    allows({ scheme, host, user }) {
      const isOwn = config.redirects === 'numbers' && scheme === 'sip' && host.toLowerCase() === own;
      const outcome = isOwn && isDialled(user) ? 'followed' : 'refused';
      if (!told.has(outcome)) tell(config.name, 'sip.redirect', outcome);
      told.add(outcome);
      return outcome === 'followed';
    },
  };

  function isDialled(number: string): boolean {
    try {
      mayDial(number, rulesOf(config), allowed);
      return true;
    } catch {
      return false;
    }
  }
}
