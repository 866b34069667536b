/**
 * What crosses one TCP port of the loopback interface, captured by tshark and put together again by stream, so that a search is not
 * fooled by where one segment ends.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from './eventually.ts';
import { findProgram } from './program.ts';

const run = promisify(execFile);
const READ_MAX_BYTES = 512 * 1024 * 1024;
/** Kernel buffer, MiB: a machine that is busy for a second must not cost packets. */
const BUFFER_MB = 16;

export class WireCapture {
  readonly #file: string;
  readonly #child: ChildProcess;
  #told = '';

  private constructor(file: string, child: ChildProcess) {
    this.#file = file;
    this.#child = child;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#told = (this.#told + text).slice(-2000)));
  }

  /**
   * Resolves when packets are being captured. @param folder for the capture file
   * @throws ProgramMissing, Error with the words of tshark
   */
  static async start(port: number, folder: string): Promise<WireCapture> {
    const file = join(folder, `port-${port}.pcap`);
    const args = ['-i', 'lo', '-f', `tcp port ${port}`, '-B', String(BUFFER_MB), '-F', 'pcap', '-w', file];
    const child = spawn(findProgram('tshark'), args, { stdio: ['ignore', 'ignore', 'pipe'] });
    const capture = new WireCapture(file, child);
    await eventually('tshark captures', () => {
      if (child.exitCode !== null) throw new Error(`tshark ended: ${capture.#told}`);
      return capture.#told.includes('Capture started');
    });
    return capture;
  }

  /** Whether the file holds this text already; packets get there a moment after they were sent. */
  has(text: string): boolean {
    return readFileSync(this.#file).includes(text);
  }

  /** Ends the capture. @returns the bytes sent, each direction of each connection by itself */
  async stop(): Promise<Buffer[]> {
    await this.close();
    const { stdout } = await run(
      findProgram('tshark'),
      ['-r', this.#file, '-Y', 'tcp.len > 0', '-T', 'fields', '-e', 'tcp.stream', '-e', 'tcp.srcport', '-e', 'tcp.payload'],
      { maxBuffer: READ_MAX_BYTES },
    );
    const sides = new Map<string, string[]>();
    for (const line of stdout.split('\n')) {
      const [stream = '', port = '', payload = ''] = line.split('\t');
      if (payload === '') continue;
      const side = `${stream} ${port}`;
      const parts = sides.get(side);
      if (parts) parts.push(payload);
      else sides.set(side, [payload]);
    }
    return [...sides.values()].map((parts) => Buffer.from(parts.join('').replaceAll(':', ''), 'hex'));
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGINT'); // as Ctrl-C: the file is completed
    await gone;
  }
}
