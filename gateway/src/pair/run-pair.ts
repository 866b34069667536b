/**
 * An appliance of a pair at work: feeds its state machine with time and answers, carries out what it says, copies while it stands by. Decides
 * nothing that pair-state.ts does not.
 */
import { mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '@keepline/contracts/clock';
import { messageOf } from '@keepline/contracts/errors';
import { CopyDoor, type CopyQuestion } from './copy-door.ts';
import { finishedRecordings } from './copy-source.ts';
import { CopyTarget } from './copy-target.ts';
import { PairRefused } from './errors.ts';
import { DataLineage } from './lineage.ts';
import { isNode, type PairConfig } from './pair-config.ts';
import { openDoor, PairLine } from './pair-line.ts';
import { begin, type Effect, heldUntil, type Input, type PairState, step } from './pair-state.ts';
import { ServedSite } from './served-site.ts';
import { VoteBox, voteRoute } from './vote-box.ts';
import type { Answer, NodeName, VoterName } from './voter.ts';

const TICK_MS = 100;
/** A copy that hears nothing for so long begins anew, ms. */
const COPY_SILENCE_MS = 5000;
/** How long a site that was handed over waits for its last parcel to arrive, ms. */
const LAST_PARCEL_MS = 30_000;

type Say = (event: string, details: object) => void;

export interface PairStatus {
  readonly node: NodeName;
  readonly role: PairState['role'];
  readonly term: number;
  /** Votes held, ms left. */
  readonly votes: Readonly<Partial<Record<VoterName, number>>>;
  /** Serving: the peer may take over by itself. */
  readonly fresh: boolean;
  /** Serving: age of what the peer has, ms; null without a copy. */
  readonly copyAgeMs: number | null;
  /** Standing by: what lies here. */
  readonly data: string;
  readonly servedLast: NodeName | null;
}

export class Pair {
  readonly #config: PairConfig;
  readonly #node: NodeName;
  readonly #clock: Clock;
  readonly #say: Say;
  readonly #box: VoteBox;
  readonly #lines: Readonly<Partial<Record<VoterName, PairLine>>>;
  readonly #copies: CopyDoor;
  readonly #target: CopyTarget;
  readonly #lineage: DataLineage;
  readonly #site: ServedSite;
  readonly #freshMs: number;
  #state: PairState;
  #copying: { abort: AbortController; over: Promise<void> } | undefined;
  #starting = false;
  /** Handed over: the site is down, the lease goes on until the last parcel arrived. */
  #down = false;
  #closed = false;

  private constructor(config: PairConfig, command: readonly string[], clock: Clock, say: Say) {
    const { node, peer, witness, pairKey, witnessKey, data, work, timing } = config;
    if (!isNode(node)) throw new Error('the witness is no appliance');
    this.#config = config;
    this.#node = node;
    this.#clock = clock;
    this.#say = say;
    mkdirSync(work, { recursive: true, mode: 0o700 });
    this.#box = new VoteBox(work, clock, timing.leaseMs);
    this.#lines = { witness: new PairLine(witness, node, witnessKey), [other(node)]: new PairLine(peer, node, pairKey) };
    this.#copies = new CopyDoor(data, clock);
    this.#target = new CopyTarget(data, work);
    this.#lineage = new DataLineage(data, work);
    this.#site = new ServedSite(command, clock, () => this.#feed({ is: 'failed' }));
    this.#freshMs = config.lossBoundMs - timing.leaseMs - timing.renewMs - TICK_MS;
    this.#state = begin(node, clock.monotonicMs(), timing);
  }

  /** @param command of the site; one child that stays in front */
  static async open(config: PairConfig, command: readonly string[], clock: Clock, say: Say): Promise<Pair> {
    const pair = new Pair(config, command, clock, say);
    pair.#setRole(false);
    await pair.#target.finish();
    const keys = new Map([[other(pair.#node), config.pairKey]]);
    const serves = (): boolean => pair.#state.role !== 'standby' && !pair.#starting;
    const door = await openDoor(config.listen, keys, { '/vote': voteRoute(pair.#box), '/copy': pair.#copies.route(serves) });
    const stopTicks = clock.every(TICK_MS, () => pair.#tick());
    pair.close = async () => {
      pair.#closed = true;
      stopTicks();
      pair.#setRole(false);
      pair.#copying?.abort.abort();
      await pair.#copying?.over;
      await pair.#site.stop();
      for (const line of Object.values(pair.#lines)) line.close();
      await door.close();
    };
    void pair.#copyOn();
    return pair;
  }

  /** In good order: the site drains first; the peer takes over once the lease is over. */
  close: () => Promise<void> = async () => {};

  status(): PairStatus {
    const now = this.#clock.monotonicMs();
    const { role, term, lentUntil } = this.#state;
    const age = now - this.#copies.copiedAt;
    const left = Object.entries(lentUntil).map(([name, until]) => [name, Math.round(until - now)]);
    return {
      ...{ node: this.#node, role, term, votes: Object.fromEntries(left) },
      fresh: role !== 'standby' && age <= this.#freshMs,
      copyAgeMs: role !== 'standby' && Number.isFinite(age) ? Math.round(age) : null,
      data: this.#lineage.is,
      servedLast: this.#box.voter.served,
    };
  }

  /** @throws PairRefused when the peer could not go on at once */
  handOver(): void {
    const { role, fresh } = this.status();
    if (role !== 'serving')
      throw new PairRefused('this appliance does not serve', 'Give the order on the one that does: ./keepline pair status.');
    if (!fresh) throw new PairRefused('the copy of the peer is behind', 'Wait until ./keepline pair status says fresh, then order again.');
    this.#feed({ is: 'hand-over' });
  }

  /** @throws PairRefused when there is nothing to order here */
  promote(acceptLoss: boolean, alone: boolean): void {
    if (this.#state.role !== 'standby') throw new PairRefused('this appliance serves already', './keepline pair status shows both.');
    if (this.#lineage.is === 'none')
      throw new PairRefused('there is no whole copy here', 'Restore a backup instead: docs/runbook/restore.md.');
    this.#say('promote', { acceptLoss, alone });
    this.#feed({ is: 'promote', acceptLoss, alone });
  }

  #tick(): void {
    const now = this.#clock.monotonicMs();
    const fresh = now - this.#copies.copiedAt <= this.#freshMs;
    this.#feed({ is: 'tick', facts: { own: this.#box.voter, fresh, whole: this.#lineage.is !== 'none' } });
    if (this.#state.role !== 'standby' && !this.#down) this.#setRole(true);
  }

  #feed(input: Input): void {
    if (this.#closed) return;
    const before = this.#state;
    const { state, effects } = step(before, input, this.#clock.monotonicMs(), this.#config.timing);
    this.#state = state;
    if (before.role !== state.role) this.#say(state.role, { term: state.term, because: input.is });
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: Effect): void {
    if (effect.do === 'ask') void this.#ask(effect);
    else if (effect.do === 'kill') {
      this.#site.kill();
      this.#setRole(false);
    } else if (effect.do === 'start') void this.#start();
    else void this.#handOver().catch((fault: unknown) => this.#say('hand-over failed', { fault: messageOf(fault) }));
  }

  async #ask({ of, ask }: Effect & { do: 'ask' }): Promise<void> {
    const askedAt = this.#clock.monotonicMs();
    const answered = (answer: Answer): void => this.#feed({ is: 'answer', of, askedAt, ask, answer });
    if (of === this.#node) return answered(this.#box.vote(ask));
    try {
      answered((await this.#lines[of]?.askJson('/vote', ask, this.#config.timing.leaseMs / 2)) as Answer); // parse boundary: it has the secret
    } catch {
      // silence is an answer too: the lease runs out
    }
  }

  async #start(): Promise<void> {
    this.#starting = true;
    this.#down = false;
    this.#copies.forget();
    this.#copying?.abort.abort();
    await this.#copying?.over;
    this.#starting = false;
    if (this.#state.role === 'standby') return;
    this.#lineage.set('own');
    this.#setRole(true);
    this.#site.start();
  }

  async #handOver(): Promise<void> {
    this.#say('draining', {});
    await this.#site.stop();
    this.#down = true;
    this.#setRole(false);
    const downAt = this.#clock.monotonicMs();
    while (this.#copies.copiedAt < downAt) {
      if (this.#state.role !== 'handing-over') return;
      if (this.#clock.monotonicMs() > downAt + LAST_PARCEL_MS) return this.#feed({ is: 'failed' });
      await this.#pause(TICK_MS);
    }
    this.#lineage.set('copy'); // both have the same now
    this.#feed({ is: 'handed' });
  }

  /** Follows whoever serves, for as long as this process runs. */
  async #copyOn(): Promise<void> {
    let session = '';
    let after = 0;
    while (!this.#closed) {
      await this.#pause(this.#config.copyEveryMs);
      if (this.#state.role !== 'standby' || this.#closed) {
        session = '';
        continue;
      }
      const abort = new AbortController();
      const once = async (): Promise<void> => {
        const { data } = this.#config;
        const has = session === '' && this.#lineage.is !== 'none' ? await finishedRecordings(data) : {};
        const question: CopyQuestion = { session, after, has };
        const line = this.#lines[other(this.#node)];
        const answer = await line?.ask('/copy', question, COPY_SILENCE_MS, abort.signal);
        if (!answer) return;
        if (this.#lineage.is === 'own') this.#say('set aside', { folder: this.#lineage.setAside(this.#clock.now()) });
        const { headers } = answer as unknown as { headers: Record<string, string | undefined> }; // an IncomingMessage, as the line got it
        after = await this.#target.take(answer);
        if (session === '') this.#say('copying', { whole: true });
        session = headers['x-session'] ?? '';
        this.#lineage.set('copy');
      };
      const over = once().catch((fault: unknown) => {
        if (session !== '') this.#say('copy broke off', { fault: messageOf(fault) });
        session = '';
        after = 0;
      });
      this.#copying = { abort, over };
      await over;
      this.#copying = undefined;
    }
  }

  /** The file says to keepalived that the address belongs here: only while it is new (docs/pair.md). */
  #setRole(serves: boolean): void {
    const path = join(this.#config.work, 'role');
    const on = serves && heldUntil(this.#state) > this.#clock.monotonicMs();
    if (!on) return rmSync(path, { force: true });
    const now = this.#clock.now() / 1000;
    try {
      utimesSync(path, now, now);
    } catch {
      writeFileSync(path, 'serving\n', { mode: 0o644 });
    }
  }

  #pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#clock.after(ms, resolve);
    return promise;
  }
}

const other = (node: NodeName): NodeName => (node === 'a' ? 'b' : 'a');
