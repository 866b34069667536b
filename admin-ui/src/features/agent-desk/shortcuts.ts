/**
 * Keys of the desk, pure: which key means what. Alt with a letter leaves typing undisturbed; the physical key (`code`) counts, because
 * Alt changes the letter on some layouts and input methods swallow it.
 */
import type { DeskCall } from '@keepline/contracts/agent-protocol';

export type Act =
  | 'answer'
  | 'decline'
  | 'hold'
  | 'mute'
  | 'pause_recording'
  | 'hangup'
  | 'transfer'
  | 'consult'
  | 'conference'
  | 'complete'
  | 'release'
  | 'dial'
  | 'ready'
  | 'not_ready'
  | 'wrap_up_done'
  | 'help';
export type KeyMeaning = { readonly act: Act } | { readonly disposition: number };

export interface KeyPress {
  readonly code: string;
  readonly altKey: boolean;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly shiftKey: boolean;
  readonly repeat: boolean;
}

export const KEYS: readonly { readonly act: Act; readonly code: string; readonly shown: string }[] = [
  { act: 'answer', code: 'KeyA', shown: 'Alt+A' },
  { act: 'decline', code: 'KeyD', shown: 'Alt+D' },
  { act: 'hold', code: 'KeyH', shown: 'Alt+H' },
  { act: 'mute', code: 'KeyM', shown: 'Alt+M' },
  { act: 'pause_recording', code: 'KeyP', shown: 'Alt+P' },
  { act: 'hangup', code: 'KeyE', shown: 'Alt+E' },
  { act: 'transfer', code: 'KeyT', shown: 'Alt+T' },
  { act: 'consult', code: 'KeyC', shown: 'Alt+C' },
  { act: 'conference', code: 'KeyJ', shown: 'Alt+J' },
  { act: 'complete', code: 'KeyG', shown: 'Alt+G' },
  { act: 'release', code: 'KeyL', shown: 'Alt+L' },
  { act: 'dial', code: 'KeyO', shown: 'Alt+O' },
  { act: 'ready', code: 'KeyR', shown: 'Alt+R' },
  { act: 'not_ready', code: 'KeyN', shown: 'Alt+N' },
  { act: 'wrap_up_done', code: 'KeyS', shown: 'Alt+S' },
  { act: 'help', code: 'KeyK', shown: 'Alt+K' },
];

export function keyOf(act: Act): string {
  return KEYS.find((key) => key.act === act)?.shown ?? '';
}

/** @returns what the key means, or undefined when it is not one of ours; a key held down means nothing twice */
export function meaningOf(press: KeyPress): KeyMeaning | undefined {
  if (!press.altKey || press.ctrlKey || press.metaKey || press.shiftKey || press.repeat) return undefined;
  const digit = /^Digit([1-9])$/.exec(press.code)?.[1];
  if (digit !== undefined) return { disposition: Number(digit) - 1 };
  const key = KEYS.find(({ code }) => code === press.code);
  return key && { act: key.act };
}

/** One key pauses the recording and takes it up again. */
export function pauseAsk(call: DeskCall): 'recording.pause' | 'recording.resume' {
  return call.pausedUntilMs > 0 ? 'recording.resume' : 'recording.pause';
}

/** One key holds and takes back. */
export function holdAsk(call: DeskCall): 'call.hold' | 'call.resume' {
  return call.state === 'held' ? 'call.resume' : 'call.hold';
}
