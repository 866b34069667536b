/** A voter with its ledger on disk: what an answer depends on is durable before it goes out. The witness is one of these behind a door. */
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '@keepline/contracts/clock';
import { openDoor, type Route } from './pair-line.ts';
import { isNode, type PairConfig } from './pair-config.ts';
import { type Answer, type Ask, awake, EMPTY_LEDGER, type Ledger, mustWrite, vote, type Voter } from './voter.ts';

export class VoteBox {
  readonly #path: string;
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #leaseMs: number;
  #voter: Voter;

  constructor(work: string, clock: Pick<Clock, 'monotonicMs'>, leaseMs: number) {
    mkdirSync(work, { recursive: true, mode: 0o700 });
    this.#path = join(work, 'votes.json');
    this.#clock = clock;
    this.#leaseMs = leaseMs;
    const ledger = existsSync(this.#path) ? (JSON.parse(readFileSync(this.#path, 'utf8')) as Ledger) : EMPTY_LEDGER; // parse boundary: we wrote it
    this.#voter = awake(ledger, clock.monotonicMs(), leaseMs);
  }

  get voter(): Voter {
    return this.#voter;
  }

  vote(ask: Ask): Answer {
    const { voter, answer } = vote(this.#voter, ask, this.#clock.monotonicMs(), this.#leaseMs);
    if (mustWrite(this.#voter, voter)) this.#write(voter);
    this.#voter = voter;
    return answer;
  }

  #write({ holder, term, served, fresh }: Ledger): void {
    const file = openSync(`${this.#path}.new`, 'w', 0o600);
    writeSync(file, `${JSON.stringify({ holder, term, served, fresh })}\n`);
    fsyncSync(file);
    closeSync(file);
    renameSync(`${this.#path}.new`, this.#path);
  }
}

/** Who asks may ask for itself only. */
export const voteRoute =
  (box: VoteBox): Route =>
  (from, question, reply) => {
    const ask = question as Ask; // parse boundary: it came with the secret
    if (!isNode(from) || ask.node !== from || !Number.isSafeInteger(ask.term)) return void reply.writeHead(400).end();
    reply.end(JSON.stringify(box.vote(ask)));
  };

/** The third voter: knows no data and no key that opens any. */
export function openWitness({ listen, work, witnessKey, timing }: PairConfig, clock: Clock): Promise<{ close(): Promise<void> }> {
  const box = new VoteBox(work, clock, timing.leaseMs);
  const keys = new Map([
    ['a', witnessKey],
    ['b', witnessKey],
  ]);
  return openDoor(listen, keys, { '/vote': voteRoute(box) });
}
