/**
 * A customer on a soft phone who does what customers do: calls, listens to the menu, presses a key and talks. Steps wait for what they
 * hear, so they take as long as the site does.
 */
import { eventually } from './eventually.ts';
import type { Softphone } from './softphone.ts';
import type { PhoneCall } from './softphone/phone-call.ts';
import { loudness, toneShare } from './tone.ts';

export const CUSTOMER_HZ = 440;
/** 16-bit RMS of anything audible; silence is far below. */
export const AUDIBLE = 200;

export interface Site {
  readonly place: { readonly sip: { readonly address: string; readonly port: number } };
}

/** Calls, hears the menu, presses `key`; returns while the call waits for its agent. */
export async function callAndChoose(
  phone: Softphone,
  site: Site,
  how: {
    readonly key?: string;
    readonly by?: 'rtp' | 'info';
    readonly number?: string;
    readonly name?: string;
    readonly says?: readonly number[];
  } = {},
): Promise<PhoneCall> {
  const call = await phone.call(site.place.sip, '95000', {
    says: how.says ?? [CUSTOMER_HZ],
    number: how.number ?? '13800138000',
    ...(how.name === undefined ? {} : { name: how.name }),
  });
  await eventually('the menu is heard', () => loudness(call.line.heard(200)) > AUDIBLE);
  await call.press(how.key ?? '1', how.by ?? 'rtp');
  return call;
}

export function hears(call: PhoneCall, hz: number, limitMs = 30_000): Promise<true> {
  return eventually(`${hz} Hz is heard`, () => toneShare(call.line.heard(400), hz) > 0.5, limitMs);
}

export function hearsNot(call: PhoneCall, hz: number): Promise<true> {
  return eventually(`${hz} Hz is no longer heard`, () => toneShare(call.line.heard(400), hz) < 0.05);
}

/** Music, a prompt: something, but not the other party. */
export function hearsMusic(call: PhoneCall, otherPartyHz: number): Promise<true> {
  return eventually('music is heard', () => {
    const heard = call.line.heard(600);
    return loudness(heard) > AUDIBLE && toneShare(heard, otherPartyHz) < 0.05;
  });
}

/** Goes on talking until `ms` more of sound have gone out. */
export function talksOn(call: PhoneCall, ms: number): Promise<true> {
  const until = call.line.sent + ms / 20; // a packet holds 20 ms
  return eventually(`${ms} ms of talk`, () => call.line.sent >= until);
}

/** No RTP at all, as towards a caller who holds (RFC 3264 §8.4). */
export function receivesNothing(call: PhoneCall): Promise<true> {
  let before = -1;
  return eventually(
    'no more packets come',
    () => {
      const quiet = call.line.received === before;
      before = call.line.received;
      return quiet;
    },
    30_000,
    300,
  );
}
