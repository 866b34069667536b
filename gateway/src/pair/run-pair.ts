/**
 * An appliance of a pair at work: feeds its state machine with time and answers, carries out what it says, copies while it stands by. Decides
 * nothing that pair-state.ts does not.
 */
import { mkdirSync } from 'node:fs';
import type { Clock } from '@keepline/contracts/clock';
import { KeeplineError, messageOf } from '@keepline/contracts/errors';
import { Copier } from './copier.ts';
import { CopyDoor } from './copy-door.ts';
import { CopyTarget } from './copy-target.ts';
import { PairRefused } from './errors.ts';
import { DataLineage } from './lineage.ts';
import { isNode, type PairConfig } from './pair-config.ts';
import { type JournalEntry, PairJournal } from './pair-journal.ts';
import { openDoor, PairLine } from './pair-line.ts';
import { begin, type Effect, heldUntil, type Input, type PairState, step } from './pair-state.ts';
import type { PairStatus } from './pair-status.ts';
import { ServedSite } from './served-site.ts';
import { ServingSigns } from './serving-signs.ts';
import { hold, NOT_HELD } from './uplink-hold.ts';
import { VoteBox, voteRoute } from './vote-box.ts';
import type { Answer, NodeName, VoterName } from './voter.ts';

const TICK_MS = 100;
/** How long a site that was handed over waits for its last parcel to arrive, ms. */
const LAST_PARCEL_MS = 30_000;
/** The site opens its doors before its log is told what happened, and how often it is tried, ms. */
const TELL_MS = 5000;

type Say = (event: string, details: object) => void;
type Order = Pick<JournalEntry, 'who' | 'role' | 'from' | 'purpose'>;

export class Pair {
  readonly #config: PairConfig;
  readonly #node: NodeName;
  readonly #clock: Clock;
  readonly #say: Say;
  readonly #box: VoteBox;
  readonly #lines: Readonly<Partial<Record<VoterName, PairLine>>>;
  readonly #copies: CopyDoor;
  readonly #copier: Copier;
  readonly #lineage: DataLineage;
  readonly #journal: PairJournal;
  readonly #signs: ServingSigns;
  readonly #site: ServedSite;
  readonly #bounds: { readonly lossBoundMs: number; readonly freshMs: number };
  #state: PairState;
  #hold = NOT_HELD;
  /** Since when the peer's copy is fresh without a break. */
  #freshAt = Infinity;
  #starting = false;
  /** Handed over: the site is down, the lease goes on until the last parcel arrived. */
  #down = false;
  #closed = false;

  private constructor(config: PairConfig, command: readonly string[], clock: Clock, say: Say, target: CopyTarget) {
    const { node, peer, witness, pairKey, witnessKey, data, work, timing, lossBoundMs, copyEveryMs } = config;
    if (!isNode(node)) throw new Error('the witness is no appliance');
    this.#config = config;
    this.#node = node;
    this.#clock = clock;
    this.#say = say;
    mkdirSync(work, { recursive: true, mode: 0o711 }); // keepalived looks at one file in it
    this.#box = new VoteBox(work, clock, timing.leaseMs);
    const line = new PairLine(peer, node, pairKey);
    this.#lines = { witness: new PairLine(witness, node, witnessKey), [other(node)]: line };
    this.#copies = new CopyDoor(data, clock);
    this.#lineage = new DataLineage(data, work);
    this.#journal = new PairJournal(work, data);
    this.#signs = new ServingSigns(work, data);
    this.#site = new ServedSite(command, clock, () => this.#feed({ is: 'failed' }));
    this.#bounds = { lossBoundMs, freshMs: lossBoundMs - timing.leaseMs - timing.renewMs - TICK_MS };
    this.#state = begin(node, clock.monotonicMs(), timing);
    const standsBy = (): boolean => this.#state.role === 'standby';
    this.#copier = new Copier({ line, target, lineage: this.#lineage, data, everyMs: copyEveryMs, clock, say, standsBy });
  }

  /** @param command of the site; one child that stays in front */
  static async open(config: PairConfig, command: readonly string[], clock: Clock, say: Say): Promise<Pair> {
    const target = new CopyTarget(config.data, config.work);
    const pair = new Pair(config, command, clock, say, target);
    pair.#signs.takeDown();
    pair.#lineage.finish();
    await target.finish();
    const keys = new Map([[other(pair.#node), config.pairKey]]);
    const serves = (): boolean => pair.#state.role !== 'standby' && !pair.#starting;
    const door = await openDoor(config.listen, keys, { '/vote': voteRoute(pair.#box), '/copy': pair.#copies.route(serves) });
    const stops = [clock.every(TICK_MS, () => pair.#tick()), clock.every(TELL_MS, () => void pair.#tell())];
    pair.close = async () => {
      pair.#closed = true;
      for (const stop of stops) stop();
      pair.#signs.takeDown();
      await pair.#copier.close();
      await pair.#site.stop();
      for (const line of Object.values(pair.#lines)) line.close();
      await door.close();
    };
    void pair.#copier.run();
    return pair;
  }

  /** In good order: the site drains first; the peer takes over once the lease is over. */
  close: () => Promise<void> = async () => {};

  status(): PairStatus {
    const now = this.#clock.monotonicMs();
    const { role, term, lentUntil } = this.#state;
    const serves = role !== 'standby';
    const { copied } = this.#copies;
    // Every voter has heard it: a renewal is on its way, and the one before.
    const told = now >= this.#freshAt + 2 * this.#config.timing.renewMs;
    const left = Object.entries(lentUntil).flatMap(([name, until]) => (until > now ? [[name, Math.round(until - now)]] : []));
    return {
      ...{ node: this.#node, role, term, votes: Object.fromEntries(left) },
      fresh: serves && told,
      copyAgeMs: serves && copied ? Math.round(now - copied.beganAt) : null,
      takenAgoMs: serves || this.#copier.takenAt === -Infinity ? null : Math.round(now - this.#copier.takenAt),
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

  /** Durable before it takes effect; in the audit log once this appliance serves. @throws PairRefused when there is nothing to order here */
  promote(acceptLoss: boolean, alone: boolean, by: Order): void {
    if (this.#state.role !== 'standby') throw new PairRefused('this appliance serves already', './keepline pair status shows both.');
    if (this.#lineage.is === 'none')
      throw new PairRefused('there is no whole copy here', 'Restore a backup instead: docs/runbook/restore.md.');
    const object = `pair:${this.#node}:${alone ? 'other-is-off' : 'accept-loss'}`;
    if (!this.#journal.note({ act: 'pair.promote', ...by, object }))
      throw new PairRefused('too many orders wait for the audit log', 'journalctl -u keepline-pair says why none was written there.');
    this.#say('promote', { acceptLoss, alone });
    this.#feed({ is: 'promote', acceptLoss, alone });
  }

  #tick(): void {
    const now = this.#clock.monotonicMs();
    this.#hold = hold(this.#hold, this.#copies.copied, now, this.#bounds);
    this.#freshAt = this.#hold.fresh ? Math.min(this.#freshAt, now) : Infinity;
    this.#feed({ is: 'tick', facts: { own: this.#box.voter, fresh: this.#hold.fresh, whole: this.#lineage.is !== 'none' } });
    if (this.#closed) return;
    if (this.#state.role === 'standby') return this.#site.load();
    if (this.#down) return;
    if (heldUntil(this.#state) <= now) this.#signs.takeDown();
    else this.#signs.show(this.#starting ? undefined : this.#hold, this.#clock.now());
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
      this.#signs.takeDown();
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
    this.#hold = NOT_HELD;
    await this.#copier.interrupt();
    this.#starting = false;
    if (this.#state.role === 'standby') return;
    if (this.#lineage.is === 'copy') this.#noteTakeover();
    this.#lineage.set('own');
    this.#site.start();
  }

  #noteTakeover(): void {
    const by = { who: 'pair', role: 'system', from: 'local' };
    this.#journal.note({
      act: 'pair.takeover',
      ...by,
      object: `pair:${this.#node}:${this.#state.term}`,
      purpose: 'holds two votes of three',
    });
  }

  /** The log of the site that is served here hears what happened while there was none. */
  async #tell(): Promise<void> {
    if (this.#state.role === 'standby' || this.#site.pid === undefined || this.#closed) return;
    try {
      await this.#journal.tell(this.#clock.now());
    } catch (fault) {
      const code = fault instanceof KeeplineError ? fault.code : 'fault';
      this.#say('orders are not in the audit log yet', { code, message: messageOf(fault) });
    }
  }

  async #handOver(): Promise<void> {
    this.#say('draining', {});
    await this.#site.stop();
    this.#down = true;
    this.#signs.takeDown();
    const downAt = this.#clock.monotonicMs();
    while ((this.#copies.copied?.beganAt ?? -Infinity) < downAt) {
      if (this.#state.role !== 'handing-over') return;
      if (this.#clock.monotonicMs() > downAt + LAST_PARCEL_MS) return this.#feed({ is: 'failed' });
      await this.#pause(TICK_MS);
    }
    this.#lineage.set('copy'); // both have the same now
    this.#feed({ is: 'handed' });
  }

  #pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#clock.after(ms, resolve);
    return promise;
  }
}

const other = (node: NodeName): NodeName => (node === 'a' ? 'b' : 'a');
