import type { CallId } from '@keepline/contracts/ids';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AgentInput, type AgentState, newAgent, step } from './agent-state.ts';

const CALL: CallId = 'call-1';
const through = (...inputs: AgentInput[]): AgentState => inputs.reduce((agent, input) => step(agent, input, 1000), newAgent('a', 0));

const SIGNED_IN: AgentInput[] = [{ do: 'sign_in' }, { do: 'ready' }];
const IN_CALL: AgentInput[] = [...SIGNED_IN, { do: 'offer', callId: CALL }, { do: 'take' }];

describe('an agent', () => {
  it('signs in as not ready, so that no call rings before the desk is set up', () => {
    expect(through({ do: 'sign_in' })).toMatchObject({ at: 'not_ready', reason: 'signed_in' });
  });

  it('goes through a whole call and comes back ready, with the call as owner in between', () => {
    expect(through(...IN_CALL)).toMatchObject({ at: 'in_call', callId: CALL });
    expect(through(...IN_CALL, { do: 'hang_up' })).toMatchObject({ at: 'wrap_up', callId: CALL });
    expect(through(...IN_CALL, { do: 'hang_up' }, { do: 'dispose' })).toMatchObject({ at: 'ready', callId: null });
  });

  it('who did not answer is not offered the next call at once', () => {
    const agent = through(...SIGNED_IN, { do: 'offer', callId: CALL }, { do: 'decline', why: 'no_answer' });
    expect(agent).toMatchObject({ at: 'not_ready', reason: 'no_answer' });
  });

  it('whose caller gave up while it rang is ready again', () => {
    expect(through(...SIGNED_IN, { do: 'offer', callId: CALL }, { do: 'withdraw' }).at).toBe('ready');
  });

  it('may call out while not ready, and is not ready for the same reason afterwards; no other call is offered meanwhile', () => {
    const dialling = through({ do: 'sign_in' }, { do: 'not_ready', reason: 'lunch' }, { do: 'dial', callId: CALL });
    expect(dialling).toMatchObject({ at: 'offered', callId: CALL, afterwards: 'lunch' });
    expect(step(dialling, { do: 'withdraw' }, 2000)).toMatchObject({ at: 'not_ready', reason: 'lunch' });
    expect(() => step(dialling, { do: 'offer', callId: 'call-2' }, 2000)).toThrow(expect.objectContaining({ code: 'AGENT_STATE_REFUSED' }));
    expect(() => step(through(...IN_CALL), { do: 'dial', callId: 'call-2' }, 2000)).toThrow(
      expect.objectContaining({ code: 'AGENT_STATE_REFUSED' }),
    );
  });

  it('may ask for a break during a call and gets it after the wrap-up', () => {
    const asked = through(...IN_CALL, { do: 'not_ready', reason: 'lunch' }, { do: 'hang_up' });
    expect(asked.at).toBe('wrap_up');
    expect(step(asked, { do: 'dispose' }, 2000)).toMatchObject({ at: 'not_ready', reason: 'lunch', afterwards: '' });
  });

  it('whose desk is lost in a call is signed out once the wrap-up is over, not stuck (opensips#3123)', () => {
    const lost = through(...IN_CALL, { do: 'lose' }, { do: 'hang_up' });
    expect(lost.at).toBe('wrap_up');
    expect(step(lost, { do: 'expire' }, 2000).at).toBe('signed_out');
  });

  it('cannot sign out in a call', () => {
    expect(() => through(...IN_CALL, { do: 'sign_out' })).toThrow(expect.objectContaining({ code: 'AGENT_STATE_REFUSED' }));
  });

  it('has a call as owner in exactly the states that need one, whatever happens', () => {
    const input: fc.Arbitrary<AgentInput> = fc.oneof(
      fc.constantFrom<AgentInput>(
        ...(['sign_in', 'sign_out', 'ready', 'take', 'withdraw', 'hang_up', 'dispose', 'expire', 'lose'] as const).map((what) => ({
          do: what,
        })),
      ),
      fc.constant<AgentInput>({ do: 'not_ready', reason: 'break' }),
      fc.constant<AgentInput>({ do: 'offer', callId: CALL }),
      fc.constantFrom<AgentInput>(...(['declined', 'no_answer', 'agent_lost'] as const).map((why) => ({ do: 'decline' as const, why }))),
    );
    fc.assert(
      fc.property(fc.array(input, { maxLength: 40 }), (inputs) => {
        let agent = newAgent('a', 0);
        for (const one of inputs) {
          try {
            agent = step(agent, one, 1);
          } catch {
            continue; // a refused input changes nothing
          }
          expect(agent.callId !== null).toBe(['offered', 'in_call', 'wrap_up'].includes(agent.at));
          if (agent.at === 'signed_out') expect(agent.present).toBe(false);
          if (agent.at === 'ready') expect(agent.present).toBe(true);
        }
      }),
    );
  });
});
