/**
 * A program of the site under supervision: started, logged, started again when it crashes, stopped in order. It gets a session of its own,
 * so that Ctrl-C in the terminal reaches only `up`, which knows the order of stopping.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { type Clock, systemClock } from '@keepline/contracts/clock';
import type { BoundedLog } from './bounded-log.ts';
import { nextRestart } from './restart-policy.ts';

const TAIL_LINES = 25; // a stack of Node fits, with the message above it
/** After SIGKILL the kernel ends a process at once, unless it hangs in a driver; then there is no use in waiting longer. */
const KILL_WAIT_MS = 2000;

export type ChildState = 'stopped' | 'running' | 'frozen' | 'restarting';

export interface ChildStatus {
  readonly name: string;
  readonly state: ChildState;
  /** Absent while no process runs. */
  readonly pid?: number;
  readonly restarts: number;
}

export interface ChildSpec {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: BoundedLog;
  /** Lines on stdout; stderr goes to the log only. */
  readonly onLine?: (line: string) => void;
  /** A new process, or none: the supervisor writes down who runs. */
  readonly onChange?: () => void;
  /** Ended without being asked to; it starts again after `delayMs`. */
  readonly onCrash?: (how: string, delayMs: number) => void;
  readonly clock?: Clock;
}

export class Child {
  readonly #spec: ChildSpec;
  readonly #clock: Clock;
  #process: ChildProcess | undefined;
  #state: ChildState = 'stopped';
  #restarts = 0;
  #crashes: readonly number[] = [];
  #disarm: () => void = () => undefined;
  readonly #tail: string[] = [];

  constructor(spec: ChildSpec) {
    this.#spec = spec;
    this.#clock = spec.clock ?? systemClock;
  }

  get status(): ChildStatus {
    const pid = this.#process?.pid;
    return { name: this.#spec.name, state: this.#state, ...(pid !== undefined && { pid }), restarts: this.#restarts };
  }

  /** The last lines it wrote, for an error. */
  get lastWords(): string {
    return this.#tail.join('\n');
  }

  start(): void {
    if (this.#state !== 'stopped' && this.#state !== 'restarting') return;
    this.#disarm();
    const [file, ...args] = this.#spec.command;
    const child = spawn(file, args, { env: this.#spec.env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    this.#process = child;
    this.#state = 'running';
    createInterface({ input: child.stdout }).on('line', (line) => this.#hear(line, this.#spec.onLine));
    createInterface({ input: child.stderr }).on('line', (line) => this.#hear(line, undefined));
    child.once('error', (error) => this.#ended(child, error.message)); // could not be started at all
    child.once('exit', (code, signal) => this.#ended(child, signal === null ? `exit ${code}` : `ended by ${signal}`));
    this.#spec.onChange?.();
  }

  /** SIGTERM, then SIGKILL after `graceMs` (0: at once); resolves when the process is gone. */
  async stop(graceMs: number): Promise<void> {
    this.#disarm();
    const child = this.#process;
    this.#state = 'stopped'; // before the signal, so that its end does not count as a crash
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill('SIGCONT'); // a frozen process would not see SIGTERM
    child.kill(graceMs === 0 ? 'SIGKILL' : 'SIGTERM');
    const disarmKill = this.#clock.after(graceMs, () => child.kill('SIGKILL'));
    const disarmWait = this.#clock.after(graceMs + KILL_WAIT_MS, () => child.emit('exit', null, 'SIGKILL'));
    await gone;
    disarmKill();
    disarmWait();
  }

  /** Cuts a running `stop` short, and needs none before it: the second Ctrl-C. */
  kill(): void {
    this.#disarm();
    this.#state = 'stopped';
    this.#process?.kill('SIGKILL');
  }

  /** SIGSTOP: the process keeps its sockets open and answers nothing, as a black hole does. */
  freeze(): void {
    if (this.#state !== 'running') return;
    this.#process?.kill('SIGSTOP');
    this.#state = 'frozen';
  }

  thaw(): void {
    if (this.#state !== 'frozen') return;
    this.#process?.kill('SIGCONT');
    this.#state = 'running';
  }

  #hear(line: string, listener: ((line: string) => void) | undefined): void {
    if (listener === undefined) {
      this.#spec.log.write(line);
      this.#tail.push(line);
      if (this.#tail.length > TAIL_LINES) this.#tail.shift();
    } else listener(line);
  }

  #ended(child: ChildProcess, how: string): void {
    if (this.#process !== child) return;
    this.#process = undefined;
    this.#spec.onChange?.();
    if (this.#state === 'stopped') return;
    const { delayMs, crashes } = nextRestart(this.#crashes, this.#clock.monotonicMs());
    this.#crashes = crashes;
    this.#state = 'restarting';
    this.#disarm = this.#clock.after(delayMs, () => {
      this.#restarts += 1;
      this.start();
    });
    this.#spec.onCrash?.(how, delayMs);
  }
}
