/** The sound of a call for a journey: opened with it, known to the doors by its id for as long as it lasts. */
import type { CallId } from '@keepline/contracts/ids';
import type { CallAudio } from '../calls/call-audio.ts';
import type { CallMedia, MediaEdge } from '../media/edge.ts';
import { audioOf } from './audio-leg.ts';

export function openCallAudio(edge: Pick<MediaEdge, 'openCall'>, media: Map<CallId, CallMedia>, callId: CallId): CallAudio {
  const opened = edge.openCall(callId);
  media.set(callId, opened);
  const audio = audioOf(opened);
  return {
    ...audio,
    async close() {
      media.delete(callId);
      await audio.close();
    },
  };
}
