/**
 * Questions asked of the cloud in the ledger of what left: how many, how many bytes, and how many the guard stopped, by day and type. They are no
 * events: nothing waits, and the balance of events does not know them.
 */
import type { Statements } from '../sqlite/sqlite-file.ts';

/** Types of the ledger. The table has a row for each of them a day, at most. */
export const REQUEST_TYPES = ['request.advice', 'request.assist', 'request.summary', 'request.qa'] as const;
export type RequestType = (typeof REQUEST_TYPES)[number];

export interface RequestCount {
  readonly type: RequestType;
  /** Handed to the connection; whether an answer came is not asked. */
  readonly sent: number;
  /** JSON of those sent. */
  readonly bytes: number;
  /** Stopped by the egress guard; they were answered on the site. */
  readonly stopped: number;
}

export async function addRequests(statements: Pick<Statements, 'run'>, day: string, asked: readonly RequestCount[]): Promise<void> {
  for (const { type, sent, bytes, stopped } of asked)
    await statements.run(
      `INSERT INTO request (day, type, sent, bytes, stopped) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (day, type) DO UPDATE SET sent = sent + excluded.sent, bytes = bytes + excluded.bytes, stopped = stopped + excluded.stopped`,
      day,
      type,
      sent,
      bytes,
      stopped,
    );
}

export interface RequestBookOptions {
  readonly write: (asked: readonly RequestCount[]) => Promise<void>;
  readonly onFault: (fault: unknown) => void;
}

/**
 * Counts without making a question wait for the disk: advice has a deadline of tenths of a second. One transaction at a time; what is counted
 * meanwhile goes with the next, so a crash loses what the last few milliseconds counted. A disk that refuses keeps the counts here until it takes them.
 */
export class RequestBook {
  readonly #o: RequestBookOptions;
  /** Not on the disk yet: at most one entry a type. */
  #waiting = new Map<RequestType, RequestCount>();
  #writing: Promise<void> | undefined;

  constructor(options: RequestBookOptions) {
    this.#o = options;
  }

  /** About to be handed to the connection. */
  sent(type: RequestType, body: string): void {
    this.#add({ type, sent: 1, bytes: Buffer.byteLength(body), stopped: 0 });
  }

  stopped(type: RequestType): void {
    this.#add({ type, sent: 0, bytes: 0, stopped: 1 });
  }

  /** Resolves when what was counted is on the disk, or the disk refuses it. */
  async settled(): Promise<void> {
    while (this.#writing) await this.#writing;
  }

  #add(one: RequestCount): void {
    this.#keep(one);
    this.#writing ??= this.#write();
  }

  #keep({ type, sent, bytes, stopped }: RequestCount): void {
    const known = this.#waiting.get(type) ?? { type, sent: 0, bytes: 0, stopped: 0 };
    this.#waiting.set(type, { type, sent: known.sent + sent, bytes: known.bytes + bytes, stopped: known.stopped + stopped });
  }

  async #write(): Promise<void> {
    try {
      while (this.#waiting.size > 0) {
        const asked = [...this.#waiting.values()];
        this.#waiting = new Map();
        try {
          await this.#o.write(asked);
        } catch (fault) {
          for (const one of asked) this.#keep(one);
          this.#o.onFault(fault);
          return; // with the next question
        }
      }
    } finally {
      this.#writing = undefined;
    }
  }
}
