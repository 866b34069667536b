/**
 * The laws of a pair under any order of cuts, delays, deaths, restarts, late timers and clocks that differ: never two sites at once, never a
 * takeover that loses more than the bound, and service wherever two of three can talk. A small world of three machines, in steps of 50 ms.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { begin, type Effect, type Input, type PairState, step, type Timing } from './pair-state.ts';
import { type Ask, awake, EMPTY_LEDGER, type Ledger, type NodeName, vote, type Voter, type VoterName } from './voter.ts';

const TIMING: Timing = { leaseMs: 3000, renewMs: 700, fenceMs: 500 };
const STEP_MS = 50;
const FRESH_MS = 5000;
/** What a copy that is called fresh may lack when it takes over: its age when it was called so, a renewal and a lease later. */
const BOUND_MS = FRESH_MS + TIMING.renewMs + TIMING.leaseMs + 2 * STEP_MS;
const NODES = ['a', 'b'] as const;
const ALL = ['a', 'b', 'witness'] as const;
const link = (x: VoterName, y: VoterName): string => [x, y].toSorted().join('-');

type Deed =
  | { readonly do: 'cut' | 'heal'; readonly x: VoterName; readonly y: VoterName }
  | { readonly do: 'die' | 'rise'; readonly who: VoterName }
  | { readonly do: 'hang'; readonly who: NodeName; readonly ms: number }
  | { readonly do: 'slow'; readonly x: VoterName; readonly y: VoterName; readonly ms: number }
  | { readonly do: 'hand-over' | 'fail' | 'accept-loss'; readonly who: NodeName };
interface Event {
  readonly afterMs: number;
  readonly deed: Deed;
}

class World {
  now = 0;
  readonly cut = new Set<string>();
  readonly delays = new Map<string, number>();
  readonly alive = new Set<VoterName>(ALL);
  readonly ledgers = new Map<VoterName, Ledger>(ALL.map((name) => [name, EMPTY_LEDGER]));
  readonly voters = new Map<VoterName, Voter>();
  readonly states = new Map<NodeName, PairState>();
  readonly hangs = new Map<NodeName, number>();
  readonly stopping = new Map<NodeName, number>();
  readonly serving = new Set<NodeName>();
  /** How much of what was acknowledged, in ms of service, a node has; and since when its copy is that old. */
  readonly has = new Map<NodeName, number>([
    ['a', 0],
    ['b', -Infinity],
  ]);
  readonly copiedAt = new Map<NodeName, number>();
  readonly ordered = new Set<NodeName>();
  acknowledged = 0;
  worstLoss = 0;
  readonly mail: Array<{ at: number; to: VoterName; deliver: () => void }> = [];
  readonly rates: Readonly<Record<VoterName, number>>;

  constructor(rates: Readonly<Record<VoterName, number>>) {
    this.rates = rates;
    for (const name of ALL) this.#rise(name);
  }

  clock(who: VoterName): number {
    return this.now * this.rates[who];
  }

  #rise(who: VoterName): void {
    this.alive.add(who);
    this.voters.set(who, awake(this.ledgers.get(who) ?? EMPTY_LEDGER, this.clock(who), TIMING.leaseMs));
    if (who !== 'witness') this.states.set(who, begin(who, this.clock(who), TIMING));
  }

  act(deed: Deed): void {
    switch (deed.do) {
      case 'cut':
        return void this.cut.add(link(deed.x, deed.y));
      case 'heal':
        return void this.cut.delete(link(deed.x, deed.y));
      case 'slow':
        return void this.delays.set(link(deed.x, deed.y), deed.ms);
      case 'die':
        this.alive.delete(deed.who);
        if (deed.who !== 'witness') this.serving.delete(deed.who);
        return;
      case 'rise':
        return this.alive.has(deed.who) ? undefined : this.#rise(deed.who);
      case 'hang':
        return void this.hangs.set(deed.who, this.now + deed.ms);
      case 'hand-over':
        return this.#feed(deed.who, { is: 'hand-over' });
      case 'fail':
        return this.#feed(deed.who, { is: 'failed' });
      case 'accept-loss':
        if (this.states.get(deed.who)?.role === 'standby') this.ordered.add(deed.who);
        return this.#feed(deed.who, { is: 'promote', acceptLoss: true, alone: false });
    }
  }

  #feed(who: NodeName, input: Input): void {
    const state = this.states.get(who);
    if (!state || !this.alive.has(who)) return;
    const next = step(state, input, this.clock(who), TIMING);
    this.states.set(who, next.state);
    for (const effect of next.effects) this.#perform(who, effect);
  }

  #perform(who: NodeName, effect: Effect): void {
    if (effect.do === 'ask') this.#send(who, effect.of, effect.ask);
    else if (effect.do === 'stop') this.stopping.set(who, this.now + 2000);
    else if (effect.do === 'kill') this.serving.delete(who);
    else {
      const loss = this.acknowledged - (this.has.get(who) ?? -Infinity);
      if (!this.ordered.delete(who)) this.worstLoss = Math.max(this.worstLoss, loss);
      this.serving.add(who);
      this.has.set(who, this.acknowledged);
    }
  }

  #send(from: NodeName, to: VoterName, ask: Ask): void {
    const askedAt = this.clock(from);
    const life = this.states.get(from)?.node;
    const over = from === to ? 0 : (this.delays.get(link(from, to)) ?? 1);
    const crosses = (): boolean => from === to || !this.cut.has(link(from, to));
    if (!crosses()) return;
    this.#post(to, over, () => {
      const voter = this.voters.get(to);
      if (!voter) return;
      const { voter: next, answer } = vote(voter, ask, this.clock(to), TIMING.leaseMs);
      this.voters.set(to, next);
      this.ledgers.set(to, { holder: next.holder, term: next.term, served: next.served, fresh: next.fresh });
      if (!crosses()) return;
      this.#post(from, over, () => life && this.#feed(from, { is: 'answer', of: to, askedAt, ask, answer }));
    });
  }

  #post(to: VoterName, delayMs: number, deliver: () => void): void {
    if (delayMs === 0) deliver();
    else this.mail.push({ at: this.now + delayMs, to, deliver });
  }

  /** One step of time; false when two sites were served at once. */
  pass(): boolean {
    this.now += STEP_MS;
    for (const letter of this.mail.splice(0)) {
      if (letter.at > this.now) this.mail.push(letter);
      else if (this.alive.has(letter.to)) letter.deliver();
    }
    for (const node of this.serving) this.has.set(node, (this.acknowledged += STEP_MS));
    for (const node of NODES) {
      const peer = node === 'a' ? 'b' : 'a';
      const talk = this.alive.has('a') && this.alive.has('b') && !this.cut.has('a-b');
      if (talk && this.serving.has(peer) && !this.serving.has(node)) this.#copy(node);
      if (!this.alive.has(node) || (this.hangs.get(node) ?? 0) > this.now) continue;
      const stops = this.stopping.get(node);
      if (stops !== undefined && this.now >= stops) {
        this.stopping.delete(node);
        if (this.states.get(node)?.role === 'handing-over' && talk) {
          this.serving.delete(node);
          this.#copy(peer);
          this.#feed(node, { is: 'handed' });
        }
      }
      const own = this.voters.get(node);
      const fresh = this.now - (this.copiedAt.get(peer) ?? -Infinity) <= FRESH_MS;
      if (own) this.#feed(node, { is: 'tick', facts: { own, fresh, whole: (this.has.get(node) ?? -Infinity) > -Infinity } });
    }
    return this.serving.size < 2;
  }

  #copy(to: NodeName): void {
    this.has.set(to, this.acknowledged);
    this.copiedAt.set(to, this.now);
  }

  run(ms: number): boolean {
    for (let left = ms; left > 0; left -= STEP_MS) if (!this.pass()) return false;
    return true;
  }
}

const ofVoters = fc.constantFrom(...ALL);
const ofNodes = fc.constantFrom(...NODES);
const pairs = fc.constantFrom<readonly [VoterName, VoterName]>(['a', 'b'], ['a', 'witness'], ['b', 'witness']);
const deeds: fc.Arbitrary<Deed> = fc.oneof(
  fc.record({ do: fc.constantFrom('cut' as const, 'heal' as const), xy: pairs }).map(({ do: deed, xy: [x, y] }) => ({ do: deed, x, y })),
  fc.record({ do: fc.constantFrom('die' as const, 'rise' as const), who: ofVoters }),
  fc.record({ do: fc.constant('hang' as const), who: ofNodes, ms: fc.integer({ min: 50, max: TIMING.fenceMs - STEP_MS }) }),
  fc.record({ xy: pairs, ms: fc.integer({ min: 1, max: 6000 }) }).map(({ xy: [x, y], ms }) => ({ do: 'slow' as const, x, y, ms })),
  fc.record({ do: fc.constantFrom('hand-over' as const, 'fail' as const, 'accept-loss' as const), who: ofNodes }),
);
const rate = fc.double({ min: 0.995, max: 1.005, noNaN: true });
const rates = fc.record({ a: rate, b: rate, witness: rate });
const histories = fc.array(fc.record({ afterMs: fc.integer({ min: 50, max: 5000 }), deed: deeds }), { maxLength: 40 });

const lived = (world: World, history: readonly Event[]): boolean =>
  world.run(10_000) && history.every(({ afterMs, deed }) => (world.act(deed), world.run(afterMs))) && world.run(10_000);

describe('a pair', () => {
  it('never has two that serve, whatever is cut, slow, hung, dead, back or ordered', () => {
    fc.assert(
      fc.property(rates, histories, (speeds, history) => {
        expect(lived(new World(speeds), history)).toBe(true);
      }),
      { numRuns: 1500 },
    );
  }, 120_000);

  it('never takes over by itself with a copy that lacks more than the bound', () => {
    fc.assert(
      fc.property(rates, histories, (speeds, history) => {
        const world = new World(speeds);
        lived(world, history);
        expect(world.worstLoss).toBeLessThanOrEqual(BOUND_MS);
      }),
      { numRuns: 1000 },
    );
  }, 120_000);

  it('serves again wherever two of three are up and talk, once the last holder is one of them or the copy is fresh', () => {
    fc.assert(
      fc.property(rates, histories, (speeds, history) => {
        const world = new World(speeds);
        lived(world, history);
        for (const who of ALL) world.act({ do: 'rise', who });
        for (const [x, y] of [
          ['a', 'b'],
          ['a', 'witness'],
          ['b', 'witness'],
        ] as const) {
          world.act({ do: 'heal', x, y });
          world.act({ do: 'slow', x, y, ms: 1 });
        }
        expect(world.run(40_000)).toBe(true);
        expect(world.serving.size).toBe(1);
        const [first] = world.serving;
        expect(world.run(6000)).toBe(true);
        world.act({ do: 'die', who: first ?? 'a' });
        expect(world.run(TIMING.leaseMs + 2500)).toBe(true);
        expect([...world.serving]).toEqual([first === 'a' ? 'b' : 'a']);
      }),
      { numRuns: 300 },
    );
  }, 120_000);

  it('stops when it is cut from both others, before the other may begin, and leaves the other alone that serves', () => {
    const world = new World({ a: 1, b: 1, witness: 1 });
    expect(world.run(12_000)).toBe(true);
    expect([...world.serving]).toEqual(['a']);
    world.act({ do: 'cut', x: 'a', y: 'b' });
    world.act({ do: 'cut', x: 'a', y: 'witness' });
    expect(world.run(6000)).toBe(true);
    expect([...world.serving]).toEqual(['b']);
    world.act({ do: 'heal', x: 'a', y: 'witness' });
    expect(world.run(20_000)).toBe(true);
    expect([...world.serving]).toEqual(['b']);
  });

  it('without the witness it goes on while both talk, and nobody takes over when the one that serves dies', () => {
    const world = new World({ a: 1, b: 1, witness: 1 });
    world.run(12_000);
    world.act({ do: 'die', who: 'witness' });
    world.run(12_000);
    expect([...world.serving]).toEqual(['a']);
    world.act({ do: 'die', who: 'a' });
    expect(world.run(30_000)).toBe(true);
    expect([...world.serving]).toEqual([]);
  });

  it('does not take over with a copy that has fallen behind, unless a person takes the loss', () => {
    const world = new World({ a: 1, b: 1, witness: 1 });
    world.run(12_000);
    world.act({ do: 'cut', x: 'a', y: 'b' });
    world.run(10_000);
    world.act({ do: 'die', who: 'a' });
    world.run(30_000);
    expect([...world.serving]).toEqual([]);
    world.act({ do: 'accept-loss', who: 'b' });
    world.run(5000);
    expect([...world.serving]).toEqual(['b']);
  });
});
