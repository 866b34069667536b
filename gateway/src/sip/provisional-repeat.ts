/**
 * A reliable provisional response until its PRACK, pure (RFC 3262 §3): repeated after T1, then after twice as long each time without a
 * ceiling, given up after 64 × T1. On TCP too, because a proxy on the way may use UDP. Times in ms.
 */
import { arm, disarm, fail, send, type Step, T1_MS, WAIT_MS } from './transaction.ts';

export type ProvisionalInput = 'resend' | 'giveUp' | 'prack';
export interface ProvisionalState {
  readonly at: 'unacknowledged' | 'terminated';
  readonly resendMs: number;
}
type ProvisionalStep = Step<ProvisionalState, 'response', ProvisionalInput>;

export function beginProvisional(): ProvisionalStep {
  return { state: { at: 'unacknowledged', resendMs: T1_MS }, effects: [send('response'), arm('resend', T1_MS), arm('giveUp', WAIT_MS)] };
}

export function stepProvisional(state: ProvisionalState, input: ProvisionalInput): ProvisionalStep {
  switch (`${state.at} ${input}` as const) {
    case 'unacknowledged resend': {
      const resendMs = state.resendMs * 2;
      return { state: { ...state, resendMs }, effects: [send('response'), arm('resend', resendMs)] };
    }
    case 'unacknowledged giveUp':
      return { state: { ...state, at: 'terminated' }, effects: [disarm, fail('timeout')] };
    case 'unacknowledged prack':
      return { state: { ...state, at: 'terminated' }, effects: [disarm] };
    default:
      return { state, effects: [] };
  }
}
