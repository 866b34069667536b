/** The door a serving appliance opens to its copy: one parcel per question; the next question says that the one before is on the other disk. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Clock } from '@keepline/contracts/clock';
import { CopySource } from './copy-source.ts';
import type { Route } from './pair-line.ts';
import type { Look } from './uplink-hold.ts';

export interface CopyQuestion {
  /** '' begins anew. */
  readonly session: string;
  /** Number of the parcel that was laid down last. */
  readonly after: number;
  /** Only when it begins anew: finished recordings that are there, with their sizes. */
  readonly has: Readonly<Record<string, number>>;
}

interface Session {
  readonly id: string;
  readonly source: CopySource;
  /** What is behind a parcel, by its number. */
  readonly looks: Map<number, Look>;
  busy: boolean;
}

export class CopyDoor {
  readonly #data: string;
  readonly #clock: Clock;
  #session: Session | undefined;
  #copied: Look | undefined;

  constructor(data: string, clock: Clock) {
    this.#data = data;
    this.#clock = clock;
  }

  /** The copy has everything that was acknowledged before this look began; undefined without a copy. */
  get copied(): Look | undefined {
    return this.#copied;
  }

  /** What was heard while somebody else served says nothing. */
  forget(): void {
    this.#session = undefined;
    this.#copied = undefined;
  }

  /** @param serves answers 409 while it does not */
  route(serves: () => boolean): Route {
    return async (_from, question, reply) => {
      const { session: id, after, has } = question as CopyQuestion; // parse boundary: it came with the secret
      if (!serves()) return void reply.writeHead(409).end();
      let session = this.#session;
      if (!session || session.id !== id || session.busy || session.source.number !== after) {
        session = { id: crypto.randomUUID(), source: new CopySource(this.#data, has ?? {}), looks: new Map(), busy: false };
        if (id !== '') return void reply.writeHead(410).end(); // it begins anew, with what it has
        this.#session = session;
      } else this.#copied = session.looks.get(after) ?? this.#copied;
      session.busy = true;
      const beganAt = this.#clock.monotonicMs();
      session.looks.clear();
      session.looks.set(session.source.number + 1, { beganAt, outboxSeq: await session.source.outboxSeq() });
      reply.setHeader('x-session', session.id);
      await pipeline(Readable.from(session.source.parcel(), { objectMode: false, highWaterMark: 1 << 20 }), reply);
      session.busy = false;
    };
  }
}
