import { FakeClock } from '@keepline/testkit/fake-clock';
import { describe, expect, it } from 'vitest';
import { AgentBell } from './bell.ts';
import { callIdOf } from './testing/desk-doubles.ts';

const [first, second] = [callIdOf(1), callIdOf(2)];

describe('a bell', () => {
  it('rings until it is answered, declined, timed out, withdrawn or lost, and then leaves no timer behind', async () => {
    const endings: Array<[string, (bell: AgentBell, clock: FakeClock, withdraw: () => void) => void]> = [
      ['answer', (bell) => void bell.answer(first)],
      ['declined', (bell) => void bell.decline(first)],
      ['no_answer', (_bell, clock) => clock.advance(20_000)],
      ['agent_lost', (_bell, _clock, withdraw) => withdraw()],
      ['agent_lost', (bell) => bell.lose()],
    ];
    for (const [decided, end] of endings) {
      const clock = new FakeClock();
      const bell = new AgentBell(clock);
      const ring = bell.ring(first, 20_000);
      end(bell, clock, () => ring.withdraw());
      expect(await ring.decided).toBe(decided);
      expect(clock.pending).toBe(0);
      expect(bell.answer(first)).toBe(false);
    }
  });

  it('keeps its first decision', async () => {
    const bell = new AgentBell(new FakeClock());
    const ring = bell.ring(first, 20_000);
    bell.answer(first);
    ring.withdraw();
    expect(await ring.decided).toBe('answer');
  });

  it('rings for one call: a second one is lost at once and the first rings on', async () => {
    const bell = new AgentBell(new FakeClock());
    const ring = bell.ring(first, 20_000);
    const other = bell.ring(second, 20_000);
    expect(await other.decided).toBe('agent_lost');
    other.withdraw();
    expect(bell.answer(second)).toBe(false);
    expect(bell.answer(first)).toBe(true);
    expect(await ring.decided).toBe('answer');
  });

  it('of a withdrawn call does not silence the next one', async () => {
    const bell = new AgentBell(new FakeClock());
    const old = bell.ring(first, 20_000);
    old.withdraw();
    const ring = bell.ring(second, 20_000);
    old.withdraw();
    expect(bell.decline(second)).toBe(true);
    expect(await ring.decided).toBe('declined');
  });
});
