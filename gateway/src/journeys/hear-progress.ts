/**
 * What an agent hears while the other end of a call out rings: the far end's own sound where it sends some before it answers (early media),
 * else a ringing tone of ours. The agent is heard by nobody yet, and nothing is recorded: there is no talk.
 */
import type { CallAudio } from '../calls/call-audio.ts';
import type { Leg } from '../calls/leg.ts';
import type { OutsideCall } from '../calls/outside-line.ts';

const RINGBACK = 'ringback';

/** The result ends it; whatever is bridged next takes its place. */
export function hearProgress(
  call: Pick<OutsideCall, 'onProgress'>,
  agent: Leg,
  audio: Pick<CallAudio, 'mix'>,
  onFault: (fault: unknown) => void,
): () => void {
  const stop = call.onProgress((progress) => {
    if (progress.is === 'early') audio.mix(new Map([[agent, [progress.leg]]]), []);
    else agent.audio.play([RINGBACK], { loop: true }).catch(onFault);
  });
  return () => {
    stop();
    agent.audio.stopPlaying();
  };
}
