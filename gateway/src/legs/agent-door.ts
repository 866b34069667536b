/**
 * The door to every agent's workplace: SIP phones where the site file says so, static or registered, the browser otherwise.
 */
import type { AgentId, CallId } from '@keepline/contracts/ids';
import type { AgentDoor, Offer } from '../calls/agent-door.ts';
import type { CallMedia } from '../media/edge.ts';
import type { UserAgent } from '../sip/user-agent.ts';
import { offerToBrowser, type Workplace } from './browser-offer.ts';
import { offerToPhone, type Phone, type PhoneSrtp } from './phone-offer.ts';

export interface AgentDoorParts {
  readonly userAgent: Pick<UserAgent, 'invite'>;
  readonly media: ReadonlyMap<CallId, CallMedia>;
  /** SIP URI of this site, shown on agents' phones. */
  readonly siteUri: string;
  /** Default is sound in the clear. */
  readonly phoneSrtp?: PhoneSrtp;
  /** The phones of this agent that can be rung now; null for an agent at the browser. */
  phonesOf(agentId: AgentId): readonly Phone[] | null;
  workplace(agentId: AgentId): Workplace | undefined;
}

const LOST: Offer = { outcome: Promise.resolve({ outcome: 'agent_lost' }), withdraw: () => {} };

export function agentDoor(parts: AgentDoorParts): AgentDoor {
  return {
    offer(agentId, callId, ringMs) {
      const media = parts.media.get(callId);
      if (!media) return LOST;
      const phones = parts.phonesOf(agentId);
      if (phones?.length === 0) return LOST; // registered nowhere any more
      const srtp = parts.phoneSrtp && { srtp: parts.phoneSrtp };
      if (phones !== null) return offerToPhone(parts.userAgent, media, { phones, agentId, callId, ringMs, from: parts.siteUri, ...srtp });
      const workplace = parts.workplace(agentId);
      return workplace?.ready ? offerToBrowser(workplace, media, callId, ringMs) : LOST;
    },
  };
}
