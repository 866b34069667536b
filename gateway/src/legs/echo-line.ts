/**
 * A line on which the caller hears itself, answered by the gateway alone: to try a telephone, and for `./keepline doctor` to measure the way through
 * SIP and the RTP edge. Nobody is called, nothing is recorded, it is no call of a customer and in no report.
 */
import type { Clock } from '@keepline/contracts/clock';
import { newId } from '@keepline/contracts/ids';
import type { MediaEdge, MediaLeg } from '../media/edge.ts';
import type { IncomingCall } from '../sip/user-agent.ts';
import { describe } from './invite-audio.ts';
import { newSdpIdentity, sipLeg } from './sip-leg.ts';

/** Somebody who forgot to hang up, ms. */
const LONGEST_MS = 60_000;
/** At once; more are answered 486. */
const MOST_CALLS = 4;

export class EchoLine {
  readonly #edge: Pick<MediaEdge, 'openCall'>;
  readonly #clock: Clock;
  #calls = 0;

  constructor(edge: Pick<MediaEdge, 'openCall'>, clock: Clock) {
    this.#edge = edge;
    this.#clock = clock;
  }

  /** Resolves when the call is over; never rejects. */
  async take(invite: IncomingCall): Promise<void> {
    if (this.#calls >= MOST_CALLS) return invite.reject(486);
    this.#calls++;
    try {
      await this.#echo(invite);
    } finally {
      this.#calls--;
    }
  }

  async #echo(invite: IncomingCall): Promise<void> {
    const media = this.#edge.openCall(newId('call', this.#clock.now()));
    let place: MediaLeg;
    try {
      place = await media.openLeg('caller');
    } catch {
      await media.close();
      return invite.reject(503);
    }
    const identity = newSdpIdentity();
    const sdp = describe(invite, place, identity);
    if (!sdp.ok) {
      await media.close();
      return invite.reject(488);
    }
    media.bridge(place, place); // the other side of the bridge is the same leg: what it says goes back to it
    const leg = sipLeg(invite, place, identity);
    const stop = this.#clock.after(LONGEST_MS, () => leg.hangup());
    invite.answer(sdp.sdp);
    await leg.ended;
    stop();
    await media.close();
  }
}
