/** What calls that leave the house need of it, put together: the trunks by order and policy, and media of their own. */
import { systemClock as clock } from '@keepline/contracts/clock';
import type { House } from '../journeys/house.ts';
import { openCallAudio } from '../legs/call-audio.ts';
import { outsideLine } from '../legs/trunk-call.ts';
import type { Ground } from './ground.ts';
import type { TrunkOffice } from './trunks.ts';
import type { Voice } from './voice.ts';

export function callsOut(
  { site }: Ground,
  { edge, media }: Voice,
  trunks: TrunkOffice,
): Pick<House, 'outside' | 'openAudio' | 'recordWhisper' | 'recordingOf'> {
  const { userAgent, watch, places, siteUri } = trunks;
  const { allowed, ringSeconds } = site.dialling;
  return {
    outside: outsideLine({
      userAgent,
      watch,
      places,
      media,
      clock,
      siteUri,
      allowed,
      ringMs: ringSeconds * 1000,
      random: Math.random,
      srtpKeysWithoutTls: site.media.srtpKeysWithoutTls,
    }),
    openAudio: (callId) => openCallAudio(edge, media, callId),
    recordingOf: (queue) => site.queues.find(({ name }) => name === queue) ?? site.dialling,
    recordWhisper: site.supervision.recordWhisper,
  };
}
