/** Listens to the keyboard for the desk and turns keys into acts; what is not allowed now, the session ignores. */
import { useEffect, useRef } from 'react';
import type { Purpose } from './conversation.ts';
import type { DeskActs } from './desk-acts.ts';
import { callOf, type DeskState, draftOf, isMuted } from './desk-state.ts';
import { type Act, holdAsk, meaningOf, pauseAsk } from './shortcuts.ts';

export interface ScreenActs {
  readonly openReasons: () => void;
  readonly showHelp: () => void;
  /** Opens the choice of whom; only where it is allowed now. */
  readonly choose: (purpose: Purpose) => void;
}

export function useShortcuts(state: DeskState, acts: DeskActs, screen: ScreenActs): void {
  const latest = useRef({ state, acts, screen });
  useEffect(() => {
    latest.current = { state, acts, screen };
  });
  useEffect(() => {
    const pressed = (event: KeyboardEvent): void => {
      const meaning = meaningOf(event);
      if (!meaning) return;
      event.preventDefault(); // Alt+E and Alt+D are menus of some browsers
      const now = latest.current;
      if ('act' in meaning) perform(meaning.act, now.state, now.acts, now.screen);
      else chooseOutcome(meaning.disposition, now.state, now.acts);
    };
    window.addEventListener('keydown', pressed);
    return () => window.removeEventListener('keydown', pressed);
  }, []);
}

function chooseOutcome(at: number, state: DeskState, acts: DeskActs): void {
  const call = callOf(state);
  const disposition = state.view?.dispositions[at];
  if (call?.state === 'wrap_up' && disposition !== undefined) acts.draft(disposition, draftOf(state, call.callId).note);
}

export function perform(act: Act, state: DeskState, acts: DeskActs, screen: ScreenActs): void {
  switch (act) {
    case 'ready':
      return acts.ask({ ask: 'agent.ready' });
    case 'not_ready':
      return screen.openReasons();
    case 'help':
      return screen.showHelp();
    case 'transfer':
    case 'consult':
    case 'dial':
      return screen.choose(act);
    case 'answer':
    case 'decline':
    case 'hold':
    case 'mute':
    case 'pause_recording':
    case 'conference':
    case 'complete':
    case 'release':
    case 'hangup':
    case 'wrap_up_done':
      return performOnCall(act, state, acts);
  }
}

function performOnCall(act: Exclude<Act, 'ready' | 'not_ready' | 'help' | Purpose>, state: DeskState, acts: DeskActs): void {
  const call = callOf(state);
  if (!call) return;
  const { callId } = call;
  switch (act) {
    case 'answer':
      return acts.ask({ ask: 'call.answer', callId });
    case 'decline':
      return acts.ask({ ask: 'call.decline', callId });
    case 'hold':
      return acts.ask({ ask: holdAsk(call), callId });
    case 'mute':
      return acts.ask({ ask: 'call.mute', callId, muted: !isMuted(state) });
    case 'pause_recording':
      return acts.ask({ ask: pauseAsk(call), callId });
    case 'conference':
      return acts.ask({ ask: 'call.conference', callId });
    case 'complete':
      return acts.ask({ ask: 'call.complete', callId });
    case 'release':
      return acts.ask({ ask: 'call.release', callId });
    case 'hangup':
      return acts.ask({ ask: 'call.hangup', callId });
    case 'wrap_up_done': {
      const { disposition, note } = draftOf(state, callId);
      return acts.ask({ ask: 'call.dispose', callId, disposition, note });
    }
  }
}
