/**
 * The 2xx to an INVITE until its ACK, pure: the UAS core repeats it, on TCP too, because a proxy on the way may use UDP
 * (RFC 3261 §13.3.1.4). Times in ms.
 */
import { arm, disarm, fail, send, type Step, T1_MS, T2_MS, WAIT_MS } from './transaction.ts';

export type AnswerSend = 'response';
export type AnswerInput = 'resend' | 'giveUp' | 'ack';
export interface AnswerState {
  readonly at: 'unacknowledged' | 'terminated';
  readonly resendMs: number;
}
type AnswerStep = Step<AnswerState, AnswerSend, AnswerInput>;

export function beginAnswer(): AnswerStep {
  return { state: { at: 'unacknowledged', resendMs: T1_MS }, effects: [send('response'), arm('resend', T1_MS), arm('giveUp', WAIT_MS)] };
}

export function stepAnswer(state: AnswerState, input: AnswerInput): AnswerStep {
  switch (`${state.at} ${input}` as const) {
    case 'unacknowledged resend': {
      const resendMs = Math.min(state.resendMs * 2, T2_MS);
      return { state: { ...state, resendMs }, effects: [send('response'), arm('resend', resendMs)] };
    }
    case 'unacknowledged giveUp':
      return { state: { ...state, at: 'terminated' }, effects: [disarm, fail('timeout')] };
    case 'unacknowledged ack':
      return { state: { ...state, at: 'terminated' }, effects: [disarm] };
    default:
      return { state, effects: [] };
  }
}
