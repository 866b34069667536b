/** Calls that agents' own phones make, put together: whose phone it is, the talk of that agent, and its media. */
import { callFor, readFeatureCode, takeUpByPhone } from '../journeys/feature-code.ts';
import { consultByPhone, talkOf } from '../journeys/phone-call.ts';
import type { House } from '../journeys/house.ts';
import { secondLine } from '../legs/phone-call.ts';
import type { IncomingCall } from '../sip/user-agent.ts';
import type { Ground } from './ground.ts';
import type { TrunkOffice } from './trunks.ts';
import type { Voice } from './voice.ts';

/** Whether the call came from the phone of an agent; it is taken, or refused, then. */
export async function takePhoneCall(
  invite: IncomingCall,
  trunks: Pick<TrunkOffice, 'agentAt'>,
  { media }: Pick<Voice, 'media'>,
  { site }: Pick<Ground, 'site'>,
  house: House,
): Promise<boolean> {
  const agentId = trunks.agentAt(invite.source);
  if (agentId === undefined) return false;
  const code = readFeatureCode(invite.requestUri.user, house.pickupCode);
  const call = code ? callFor(code, agentId, house) : talkOf(agentId, house);
  const callMedia = call && media.get(call.facts().callId);
  if (!call || !callMedia) {
    invite.reject(code ? 404 : 403); // a phone takes up calls, and consults during a talk, no more
    return true;
  }
  const line = await secondLine(invite, callMedia, { policy: site.media.phoneSrtp, keysWithoutTls: site.media.srtpKeysWithoutTls });
  if (line === null) return true;
  if (code) await takeUpByPhone(code, call, agentId, line, house);
  else await consultByPhone(call, line, house);
  return true;
}
