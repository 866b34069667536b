/**
 * The door to every agent's workplace: a SIP phone where the site file gives one, the browser otherwise.
 */
import type { AgentId, CallId } from '@keepline/contracts/ids';
import type { AgentDoor, Offer } from '../calls/agent-door.ts';
import type { CallMedia } from '../media/edge.ts';
import type { UserAgent } from '../sip/user-agent.ts';
import { offerToBrowser, type Workplace } from './browser-offer.ts';
import { offerToPhone } from './phone-offer.ts';

export interface AgentDoorParts {
  readonly userAgent: Pick<UserAgent, 'invite'>;
  readonly media: ReadonlyMap<CallId, CallMedia>;
  /** SIP URI of this site, shown on agents' phones. */
  readonly siteUri: string;
  /** The phone of this agent, '' for the browser. */
  phoneOf(agentId: AgentId): string;
  workplace(agentId: AgentId): Workplace | undefined;
}

const LOST: Offer = { outcome: Promise.resolve({ outcome: 'agent_lost' }), withdraw: () => {} };

export function agentDoor(parts: AgentDoorParts): AgentDoor {
  return {
    offer(agentId, callId, ringMs) {
      const media = parts.media.get(callId);
      if (!media) return LOST;
      const phone = parts.phoneOf(agentId);
      if (phone !== '') return offerToPhone(parts.userAgent, media, { phone, callId, ringMs, from: parts.siteUri });
      const workplace = parts.workplace(agentId);
      return workplace?.ready ? offerToBrowser(workplace, media, callId, ringMs) : LOST;
    },
  };
}
