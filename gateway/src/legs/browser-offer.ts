/**
 * Rings an agent in the browser: the screen pops at once, the audio path is built while it rings, so the first word after "answer" is
 * heard. The leg lives as long as the workplace; a reload of the page in mid-call is bridged by its grace time.
 */
import type { CallId } from '@keepline/contracts/ids';
import type { Offer, OfferOutcome } from '../calls/agent-door.ts';
import type { CallMedia, MediaLeg } from '../media/edge.ts';
import { makeLeg } from './audio-leg.ts';

/** What this file needs of an agent's desk; `agents/` provides it. */
export interface Workplace {
  readonly ready: boolean;
  ring(callId: CallId, ringMs: number): { readonly decided: Promise<'answer' | 'declined' | 'no_answer' | 'agent_lost'>; withdraw(): void };
  attachAudio(callId: CallId, leg: MediaLeg): Promise<{ detach(): void }>;
  /** Settles when the desk is gone for good. */
  readonly gone: Promise<void>;
  /** The desk came back, or its media worker died: attach the audio again. */
  onRejoin(listener: () => void): () => void;
}

export function offerToBrowser(workplace: Workplace, media: CallMedia, callId: CallId, ringMs: number): Offer {
  const { promise: outcome, resolve } = Promise.withResolvers<OfferOutcome>();
  const ringing = workplace.ring(callId, ringMs);
  let withdrawn = false;
  const run = async (): Promise<void> => {
    const place = await media.openLeg('agent', { address: '127.0.0.1' });
    let attached = workplace.attachAudio(callId, place);
    attached.catch(() => {}); // reported when it is awaited
    const decided = await ringing.decided;
    if (decided !== 'answer') {
      void attached.then((path) => path.detach()).catch(() => {});
      place.close();
      resolve({ outcome: decided });
      return;
    }
    await attached;
    let stopRejoin = (): void => {};
    const { leg, end } = makeLeg({
      kind: 'browser',
      place,
      onHangup() {
        stopRejoin();
        void attached.then((path) => path.detach()).catch(() => {});
      },
    });
    stopRejoin = workplace.onRejoin(() => {
      attached = workplace.attachAudio(callId, place);
      attached.catch(() => {}); // a desk that fails again is told `gone` when its grace is over
    });
    void workplace.gone.then(() => {
      stopRejoin();
      end('transport_lost');
    });
    if (withdrawn) leg.hangup();
    resolve(withdrawn ? { outcome: 'agent_lost' } : { outcome: 'answered', leg });
  };
  void run().catch(() => {
    ringing.withdraw();
    resolve({ outcome: 'agent_lost' });
  });
  return {
    outcome,
    withdraw() {
      withdrawn = true;
      ringing.withdraw();
    },
  };
}
