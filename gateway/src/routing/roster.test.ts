import { parseSite } from '@keepline/contracts/site-file';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { beforeEach, describe, expect, it } from 'vitest';
import { Roster } from './roster.ts';

const SITE = parseSite({
  queues: [{ name: 'service', offerSeconds: 20, wrapUpSeconds: 60 }],
  agents: [
    { id: 'desk', name: 'Desk' },
    { id: 'phone', name: 'Phone', phone: 'sip:100@127.0.0.1' },
  ],
});
/** Longer than anything a roster waits for. */
const LONG_MS = 600_000;

describe('the roster', () => {
  let clock: FakeClock;
  let roster: Roster;
  const at = (id: string): string => `${roster.state(id).at} ${roster.state(id).reason}`.trim();
  const offer = (id: string): void => void roster.apply(id, { do: 'offer', callId: 'call-1' });

  beforeEach(() => {
    clock = new FakeClock();
    roster = new Roster(SITE.agents, SITE.queues, clock);
    roster.startPhones();
    roster.apply('desk', { do: 'sign_in' });
    roster.apply('desk', { do: 'ready' });
  });

  it('frees an agent whose offer or wrap-up was forgotten by everybody else (field: callcenter#1973, agents stuck in Reserved)', () => {
    offer('desk');
    clock.advance(LONG_MS);
    expect(at('desk')).toBe('not_ready no_answer');
    roster.apply('desk', { do: 'ready' });
    offer('desk');
    roster.apply('desk', { do: 'take' });
    roster.apply('desk', { do: 'hang_up' });
    expect(roster.wrapUpUntilMs('desk')).toBe(clock.now() + 60_000);
    clock.advance(60_000);
    expect(at('desk')).toBe('not_ready wrap_up_expired');
  });

  it('leaves a conversation alone, however long it takes', () => {
    offer('desk');
    roster.apply('desk', { do: 'take' });
    clock.advance(LONG_MS);
    expect(at('desk')).toBe('in_call');
  });

  it('tries a phone again a while after nobody answered it, and a browser only when its agent says so', () => {
    for (const id of ['phone', 'desk']) {
      offer(id);
      roster.apply(id, { do: 'decline', why: 'no_answer' });
      expect(at(id)).toBe('not_ready no_answer');
    }
    clock.advance(LONG_MS);
    expect(at('phone')).toBe('ready');
    expect(at('desk')).toBe('not_ready no_answer');
  });

  it('does not end a break that the agent of a phone has taken at the desk, not even one taken while the phone rested', () => {
    roster.apply('phone', { do: 'not_ready', reason: 'break' });
    clock.advance(LONG_MS);
    expect(at('phone')).toBe('not_ready break');
    roster.apply('phone', { do: 'ready' });
    offer('phone');
    roster.apply('phone', { do: 'decline', why: 'no_answer' });
    roster.apply('phone', { do: 'not_ready', reason: 'lunch' });
    clock.advance(LONG_MS);
    expect(at('phone')).toBe('not_ready lunch');
  });

  it('takes no notice of a message about a call that the agent is no longer on', () => {
    offer('desk');
    roster.applyFor('desk', 'call-2', { do: 'withdraw' });
    expect(at('desk')).toBe('offered');
    roster.applyFor('desk', 'call-1', { do: 'withdraw' });
    expect(at('desk')).toBe('ready');
  });
});
