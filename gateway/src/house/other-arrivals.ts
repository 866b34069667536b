/** INVITEs that no customer sent: an agent's own phone dials, another exchange forks a call to be recorded, somebody wants to hear themselves. */
import { systemClock as clock } from '@keepline/contracts/clock';
import type { House } from '../journeys/house.ts';
import type { EchoLine } from '../legs/echo-line.ts';
import { runSiprecSession } from '../journeys/siprec-session.ts';
import { receiveSession } from '../siprec/receive-session.ts';
import type { IncomingCall } from '../sip/user-agent.ts';
import type { Ground } from './ground.ts';
import { takePhoneCall } from './phone-lines.ts';
import type { TrunkOffice } from './trunks.ts';
import type { Voice } from './voice.ts';

/** Whether it was one of them; it is over, or refused, when this resolves. */
export async function takeOtherArrival(
  invite: IncomingCall,
  trunks: Pick<TrunkOffice, 'agentAt' | 'trunkOf' | 'isEcho'>,
  voice: Pick<Voice, 'media' | 'edge'> & { readonly echo: EchoLine },
  ground: Ground,
  house: House,
): Promise<boolean> {
  if (trunks.isEcho(invite)) {
    await voice.echo.take(invite);
    return true;
  }
  if (invite.recording === null) return takePhoneCall(invite, trunks, voice, ground, house);
  const { log, site, events } = ground;
  const forked = await receiveSession(invite, {
    trunkOf: (source) => trunks.trunkOf(source),
    edge: voice.edge,
    media: voice.media,
    clock,
    srtpKeysWithoutTls: site.media.srtpKeysWithoutTls,
    refused: ({ callId, trunk, status, why }) => house.journal.refused(callId, trunk, status, why),
    unread: (call, trunk, why) =>
      log.warn({ call, trunk, why }, 'the metadata of a recording session cannot be read; its sound is recorded'),
  });
  if (forked) await runSiprecSession(forked, { ...house, events });
  return true;
}
