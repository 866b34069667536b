/** What talks need of the house, put together: the trunks by order and policy, media of their own, parking places, and what is recorded. */
import { systemClock as clock } from '@keepline/contracts/clock';
import { LiftedLines } from '../calls/lifted-lines.ts';
import type { House } from '../journeys/house.ts';
import { openCallAudio } from '../legs/call-audio.ts';
import { outsideLine } from '../legs/trunk-call.ts';
import { ParkingLot } from '../routing/parking-lot.ts';
import type { Ground } from './ground.ts';
import { deskSecrets, secretHooks } from './secret-hooks.ts';
import type { TrunkOffice } from './trunks.ts';
import type { Voice } from './voice.ts';

export function callsOut(
  ground: Ground,
  { edge, media }: Voice,
  trunks: TrunkOffice,
): Pick<
  House,
  | 'outside'
  | 'openAudio'
  | 'recordWhisper'
  | 'recordingOf'
  | 'parking'
  | 'parkedMs'
  | 'parkCode'
  | 'pickupCode'
  | 'lifted'
  | 'handSecret'
  | 'secretTerms'
  | 'auditPhone'
> {
  const { site, audited } = ground;
  const { userAgent, watch, places, tellWish, siteUri } = trunks;
  const { allowed, ringSeconds } = site.dialling;
  return {
    outside: outsideLine({
      userAgent,
      watch,
      places,
      tellWish,
      media,
      clock,
      siteUri,
      allowed,
      ringMs: ringSeconds * 1000,
      random: Math.random,
      srtpKeysWithoutTls: site.media.srtpKeysWithoutTls,
    }),
    openAudio: (callId) => openCallAudio(edge, media, callId),
    parking: new ParkingLot(site.parking),
    parkedMs: site.parking.timeoutSeconds * 1000,
    parkCode: site.featureCodes.park,
    pickupCode: site.featureCodes.pickup,
    lifted: new LiftedLines(),
    handSecret: secretHooks(ground),
    secretTerms: (hook) => deskSecrets(site).find(({ name }) => name === hook),
    auditPhone: (act, agentId, object, run) =>
      audited(act, { who: agentId, role: 'agent', from: 'telephone', object, purpose: 'asked on the telephone' }, run),
    recordingOf: (queue) => site.queues.find(({ name }) => name === queue) ?? site.dialling,
    recordWhisper: site.supervision.recordWhisper,
  };
}
