import { describe, expect, it } from 'vitest';
import { ringingCall } from '../../../test/views.ts';
import { KEYS, type KeyPress, meaningOf, pauseAsk } from './shortcuts.ts';

const press = (code: string, more: Partial<KeyPress> = {}): KeyPress => ({
  code,
  altKey: true,
  ctrlKey: false,
  metaKey: false,
  shiftKey: false,
  repeat: false,
  ...more,
});

describe('keys of the desk', () => {
  it('mean one act each, and each act has one key', () => {
    expect(new Set(KEYS.map(({ code }) => code)).size).toBe(KEYS.length);
    expect(new Set(KEYS.map(({ act }) => act)).size).toBe(KEYS.length);
    for (const { act, code, shown } of KEYS) {
      expect(meaningOf(press(code))).toEqual({ act });
      expect(`Key${shown.at(-1)}`).toBe(code);
    }
  });

  it('choose a disposition by its place', () => {
    expect(meaningOf(press('Digit1'))).toEqual({ disposition: 0 });
    expect(meaningOf(press('Digit9'))).toEqual({ disposition: 8 });
    expect(meaningOf(press('Digit0'))).toBeUndefined();
  });

  it('mean nothing without Alt, with other modifiers, or while held down: a stuck key must not hang up twice', () => {
    for (const more of [{ altKey: false }, { ctrlKey: true }, { metaKey: true }, { shiftKey: true }, { repeat: true }]) {
      expect(meaningOf(press('KeyE', more))).toBeUndefined();
    }
  });
});

describe('the key of the recording', () => {
  it('pauses, and takes up again what is paused', () => {
    expect(meaningOf(press('KeyP'))).toEqual({ act: 'pause_recording' });
    expect(pauseAsk({ ...ringingCall(), pausedUntilMs: 0 })).toBe('recording.pause');
    expect(pauseAsk({ ...ringingCall(), pausedUntilMs: 1 })).toBe('recording.resume');
  });
});
