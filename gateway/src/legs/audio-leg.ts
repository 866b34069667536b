/**
 * What every leg of ours has beneath: a place on the RTP edge. Journeys only see `Leg`; inside this folder its place can be found.
 */
import type { CallAudio, LegFigures } from '../calls/call-audio.ts';
import type { Leg, LegEnd } from '../calls/leg.ts';
import type { CallMedia, MediaLeg } from '../media/edge.ts';
import { LegForeign } from './errors.ts';

const places = new WeakMap<Leg, MediaLeg>();

export interface LegParts {
  readonly kind: Leg['kind'];
  readonly place: MediaLeg;
  /** Keys that come by signalling (INFO) or from a keypad on a screen. */
  readonly onKeyed?: (listener: (digit: string) => void) => () => void;
  readonly onHold?: (listener: (held: boolean) => void) => () => void;
  readonly onTransfer?: NonNullable<Leg['onTransfer']>;
  /** Silence of the far end counts from here on; default is at once. */
  readonly answered?: Promise<unknown>;
  /** Tells the far end; called at most once. */
  readonly onHangup: () => void;
}

/** Builds a leg; `end` is what its own signalling calls when the far end is gone. */
export function makeLeg(parts: LegParts): { readonly leg: Leg; readonly end: (why: LegEnd, cause?: number) => void } {
  const { promise: ended, resolve } = Promise.withResolvers<LegEnd>();
  let over = false;
  let mustSpeak = parts.answered === undefined;
  parts.answered?.then(
    () => (mustSpeak = true),
    () => {},
  );
  let cause = 0;
  const end = (why: LegEnd, given = 0): void => {
    if (over) return;
    over = true;
    cause = given;
    resolve(why);
  };
  const { place } = parts;
  const leg: Leg = {
    id: place.id,
    kind: parts.kind,
    audio: { play: (prompts, how) => place.play(prompts, how), stopPlaying: () => place.stopPlaying() },
    onDigit(listener) {
      const stopRtp = place.onDigit(listener);
      const stopKeyed = parts.onKeyed?.(listener);
      return () => {
        stopRtp();
        stopKeyed?.();
      };
    },
    onHold: (listener) => parts.onHold?.(listener) ?? (() => {}),
    ...(parts.onTransfer && { onTransfer: parts.onTransfer }),
    ended,
    get cause() {
      return cause;
    },
    hangup() {
      if (over) return;
      parts.onHangup();
      end('closed_by_site');
    },
  };
  places.set(leg, place);
  place.onLost(() => {
    if (over || !mustSpeak) return;
    parts.onHangup();
    end('media_lost');
  });
  return { leg, end };
}

/** @throws LegForeign when the leg was not made here */
export function placeOf(leg: Leg): MediaLeg {
  const place = places.get(leg);
  if (!place) throw new LegForeign(leg.id);
  return place;
}

/** The sound of one call on the edge. */
export function audioOf(media: CallMedia): CallAudio {
  return {
    bridge(a, b) {
      placeOf(a).stopPlaying();
      placeOf(b).stopPlaying();
      media.bridge(placeOf(a), placeOf(b));
    },
    unbridge: () => media.unbridge(),
    mix(hears, recorded) {
      for (const leg of hears.keys()) placeOf(leg).stopPlaying();
      const places = [...hears].map(([to, from]) => [placeOf(to), from.map(placeOf)] as const);
      media.mix(new Map(places), recorded.map(placeOf));
    },
    mute: (leg, muted) => placeOf(leg).mute(muted),
    startRecording: (left, right, sink) => media.startRecording(placeOf(left), placeOf(right), sink),
    async stopRecording() {
      await media.stopRecording();
    },
    async figures(leg): Promise<LegFigures> {
      const { packets, lost, jitterMs, roundTripMs, mos, worstMos } = await placeOf(leg).quality();
      return { packets, lost, jitterMs, roundTripMs, mos, worstMos };
    },
    async close() {
      await media.close();
    },
  };
}
