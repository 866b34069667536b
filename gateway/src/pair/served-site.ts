/**
 * The site while this appliance serves: its processes as one group that dies at once when it must, and with this process whatever happens to it
 * (PR_SET_PDEATHSIG, prctl(2)). A site that ends by itself is started again, a few times. One that knows `--on-order` is loaded ahead and
 * waits for its order with nothing open.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Clock } from '@keepline/contracts/clock';

const AGAIN_MS = 500;
const ENDS_MAX = 4;
const ENDS_WINDOW_MS = 60_000;
/** One that was loaded ahead and ended before its order is loaded again after so long. */
const LOAD_AGAIN_MS = 5000;
/** A command with this word opens nothing before it reads the line `serve` (`house/start-order.ts`): only such a one may run on a standby. */
const WAITS = '--on-order';
const ORDER = 'serve\n';

export class ServedSite {
  readonly #command: readonly string[];
  readonly #clock: Clock;
  readonly #onFailed: () => void;
  #child: ChildProcess | undefined;
  /** The child was told to serve. */
  #ordered = false;
  #loadFrom = -Infinity;
  #wanted = false;
  #ends: number[] = [];
  #stopped: Array<() => void> = [];

  /** @param onFailed it ended too often */
  constructor(command: readonly string[], clock: Clock, onFailed: () => void) {
    this.#command = command;
    this.#clock = clock;
    this.#onFailed = onFailed;
  }

  /** Of the site that serves; undefined for one that waits. */
  get pid(): number | undefined {
    return this.#ordered ? this.#child?.pid : undefined;
  }

  /** Loads the site ahead where it can be; again and again is as good as once. */
  load(): void {
    if (this.#child || !this.#command.includes(WAITS) || this.#clock.monotonicMs() < this.#loadFrom) return;
    this.#spawn();
  }

  start(): void {
    this.#wanted = true;
    if (!this.#child) this.#spawn();
    if (this.#ordered) return;
    this.#ordered = true;
    if (this.#command.includes(WAITS)) this.#child?.stdin?.end(ORDER);
  }

  #spawn(): void {
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', ...this.#command], {
      stdio: ['pipe', 'inherit', 'inherit'],
      detached: true,
    });
    this.#child = child;
    this.#ordered = false;
    child.stdin.on('error', () => {}); // it ended before it could hear the order: told by its exit
    if (!this.#command.includes(WAITS)) child.stdin.end();
    const ended = (): void => {
      if (this.#child !== child) return;
      this.#child = undefined;
      this.#ordered = false;
      this.#loadFrom = this.#clock.monotonicMs() + LOAD_AGAIN_MS;
      killGroup(child);
      for (const tell of this.#stopped.splice(0)) tell();
      if (this.#wanted) this.#again();
    };
    child.once('error', ended).once('exit', ended);
  }

  /** Nothing of it runs when this returns, but for what the kernel still takes down. */
  kill(): void {
    this.#wanted = false;
    if (this.#child) killGroup(this.#child);
  }

  /** Resolves when it ended in its own order. */
  async stop(): Promise<void> {
    this.#wanted = false;
    const child = this.#child;
    if (!child) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#stopped.push(resolve);
    child.kill('SIGTERM');
    await promise;
  }

  #again(): void {
    const now = this.#clock.monotonicMs();
    this.#ends = [...this.#ends.filter((at) => now - at < ENDS_WINDOW_MS), now];
    if (this.#ends.length >= ENDS_MAX) {
      this.#ends = [];
      this.#onFailed();
    } else this.#clock.after(AGAIN_MS, () => this.#wanted && this.start());
  }
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // all of it is gone
  }
}
