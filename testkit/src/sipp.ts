/**
 * SIPp as caller or phone: runs a scenario of ours to its end. What SIPp did not expect is in the error, in its own words.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { KeeplineError } from '@keepline/contracts/errors';
import { freeUdpPort, freeUdpRange } from './free-port.ts';
import { findProgram } from './program.ts';

/** Ports for the sound of one call: audio and video, each with its RTCP. */
const MEDIA_PORTS = 4;

export interface SippRun {
  /** Scenario file. */
  readonly scenario: string;
  /** Working folder: SIPp looks for sounds here and writes its error log here. */
  readonly folder: string;
  /** Whom it calls; absent for a phone that waits. */
  readonly remote?: { readonly address: string; readonly port: number };
  /** Default 127.0.0.1 and any free port. */
  readonly address?: string;
  readonly port?: number;
  /** Calls in all, and started per second. Default 1 and 10. */
  readonly calls?: number;
  readonly perSecond?: number;
  /** SIPp gives up on its own after this long. Default 60. */
  readonly limitSeconds?: number;
  /** Further options, such as `-d 3000`. */
  readonly options?: readonly string[];
}

export class Sipp {
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #errors: string;
  readonly #ended: Promise<number>;

  private constructor(port: number, child: ChildProcess, errors: string) {
    this.port = port;
    this.#child = child;
    this.#errors = errors;
    this.#ended = once(child, 'exit').then(([code]) => (typeof code === 'number' ? code : -1));
  }

  /** @throws ProgramMissing */
  static async start(run: SippRun): Promise<Sipp> {
    const program = findProgram('sipp');
    const address = run.address ?? '127.0.0.1';
    const port = run.port ?? (await freeUdpPort(address));
    const errors = join(run.folder, `sipp-${port}-errors.log`);
    const calls = run.calls ?? 1;
    const mediaPort = await freeUdpRange(MEDIA_PORTS * calls, address);
    const args = [
      ...['-sf', run.scenario, '-i', address, '-p', `${port}`, '-mi', address, '-mp', `${mediaPort}`],
      ...['-m', `${calls}`, '-l', `${calls}`, '-r', `${run.perSecond ?? 10}`],
      ...['-nostdin', '-timeout', `${run.limitSeconds ?? 60}`, '-timeout_error', '-trace_err', '-error_file', errors],
      ...(run.options ?? []),
      ...(run.remote ? [`${run.remote.address}:${run.remote.port}`] : []),
    ];
    const child = spawn(program, args, { cwd: run.folder, stdio: 'ignore' });
    await once(child, 'spawn');
    return new Sipp(port, child, errors);
  }

  /** Resolves when every call went as the scenario says. @throws SippFailed */
  async done(): Promise<void> {
    const code = await this.#ended;
    if (code !== 0) throw new SippFailed(code, this.#lastWords());
  }

  /** Ends it wherever it is. */
  async close(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  #lastWords(): string {
    try {
      return readFileSync(this.#errors, 'utf8').slice(0, 4000);
    } catch {
      return 'it left no error log';
    }
  }
}

export class SippFailed extends KeeplineError {
  constructor(code: number, words: string) {
    super('TESTKIT_SIPP_FAILED', `SIPp ended with ${code}: ${words}`, {
      hint: 'The message says what SIPp expected and what came instead; 1 means a call failed, 97 that it took too long.',
      offending: code,
    });
  }
}
