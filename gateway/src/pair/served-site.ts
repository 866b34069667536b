/**
 * The site while this appliance serves: its processes as one group that dies at once when it must, and with this process whatever happens to it
 * (PR_SET_PDEATHSIG, prctl(2)). A site that ends by itself is started again, a few times.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Clock } from '@keepline/contracts/clock';

const AGAIN_MS = 500;
const ENDS_MAX = 4;
const ENDS_WINDOW_MS = 60_000;

export class ServedSite {
  readonly #command: readonly string[];
  readonly #clock: Clock;
  readonly #onFailed: () => void;
  #child: ChildProcess | undefined;
  #wanted = false;
  #ends: number[] = [];
  #stopped: Array<() => void> = [];

  /** @param onFailed it ended too often */
  constructor(command: readonly string[], clock: Clock, onFailed: () => void) {
    this.#command = command;
    this.#clock = clock;
    this.#onFailed = onFailed;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  start(): void {
    this.#wanted = true;
    if (this.#child) return;
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', ...this.#command], {
      stdio: ['ignore', 'inherit', 'inherit'],
      detached: true,
    });
    this.#child = child;
    const ended = (): void => {
      if (this.#child !== child) return;
      this.#child = undefined;
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
