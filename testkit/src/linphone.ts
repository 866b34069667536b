/**
 * linphonec as a caller or as somebody called: the stack of Linphone (belle-sip, oRTP, mediastreamer), driven over its standard input. It
 * speaks a WAV file over and over and keeps what it heard in another one.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from './eventually.ts';
import { freeUdpPort, freeUdpRange } from './free-port.ts';
import { findProgram } from './program.ts';
import { tone, writeWav } from './tone.ts';
import { readMono16 } from './wav-file.ts';

export interface LinphoneOptions {
  /** Empty folder for its configuration, its home and sounds. */
  readonly folder: string;
  /** What it says, Hz. */
  readonly hz: number;
  /** Answers whatever rings. Default false. */
  readonly answers?: boolean;
  /** Encrypts its sound by keys in SDP (SDES) where the other side can too. Default false. */
  readonly srtp?: boolean;
}

const TOLD_MAX = 20_000;

export class Linphone {
  readonly #folder: string;
  readonly #child: ChildProcess;
  readonly port: number;
  #told = '';

  private constructor(folder: string, child: ChildProcess, port: number) {
    this.#folder = folder;
    this.#child = child;
    this.port = port;
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => (this.#told = (this.#told + text).slice(-TOLD_MAX)));
  }

  /** @throws ProgramMissing */
  static async start({ folder, hz, answers = false, srtp = false }: LinphoneOptions): Promise<Linphone> {
    const program = findProgram('linphonec');
    const [port, rtpPort] = [await freeUdpPort(), await freeUdpRange(2)];
    mkdirSync(join(folder, '.local/share/linphone'), { recursive: true });
    writeWav(join(folder, 'says.wav'), tone([hz], 60_000)); // it is played once
    writeFileSync(join(folder, 'rc'), configOf(port, rtpPort, srtp ? 'srtp' : 'none'));
    // Into a pipe it would say nothing before its buffer is full; stdbuf becomes the program it is given.
    const child = spawn('stdbuf', ['-o0', program, '-c', join(folder, 'rc'), ...(answers ? ['-a'] : [])], {
      env: { ...process.env, HOME: folder },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const made = new Linphone(folder, child, port);
    await made.says('linphonec>');
    for (const line of ['soundcard use files', `play ${join(folder, 'says.wav')}`, `record ${made.#heardFile}`]) made.#type(line);
    return made;
  }

  /** Calls; resolves when the other side answered. */
  async call(site: { readonly address: string; readonly port: number }, number: string): Promise<void> {
    this.#type(`call sip:${number}@${site.address}:${site.port}`);
    await this.says('Media streams established'); // a key before that is lost
  }

  /** Presses a key by RFC 4733. */
  press(key: string): void {
    this.#type(key);
  }

  /** Puts the far end on hold, or takes it back. */
  hold(): void {
    this.#type('pause');
  }
  resume(): void {
    this.#type('resume');
  }

  hangup(): void {
    this.#type('terminate');
  }

  /** Waits until it has printed this, such as ` ended`. */
  async says(text: string): Promise<void> {
    await eventually(`linphonec says ${text}`, () => {
      if (this.#child.exitCode !== null) throw new Error(`linphonec ended: ${this.#told}`);
      return this.#told.includes(text);
    });
  }

  /** What it heard, at 8 kHz, as far as it is on disk; it is complete after `close`. */
  heard(): Int16Array {
    if (!existsSync(this.#heardFile)) throw new Error('linphonec has heard nothing yet');
    const at8k = join(this.#folder, 'heard-8k.wav');
    execFileSync(findProgram('sox'), ['--ignore-length', this.#heardFile, '-b', '16', '-c', '1', '-r', '8000', at8k], { stdio: 'ignore' });
    return readMono16(at8k);
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }

  get #heardFile(): string {
    return join(this.#folder, 'heard.wav');
  }

  #type(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }
}

/**
 * Over UDP on loopback, which its SDP must name as well (`bind_address`): sound from elsewhere than the SDP says is not heard. Without
 * `auto_net_state_mon` it waits for a route to the internet.
 */
const configOf = (port: number, rtpPort: number, encryption: 'none' | 'srtp'): string => `[sip]
auto_net_state_mon=0
sip_port=${port}
sip_tcp_port=0
sip_tls_port=0
use_ipv6=0
ipv6_migration_done=1
guess_hostname=0
use_rfc2833=1
media_encryption=${encryption}
[rtp]
bind_address=127.0.0.1
audio_rtp_port=${rtpPort}
[video]
enabled=0
capture=0
display=0
[audio_codec_0]
mime=PCMA
rate=8000
channels=1
enabled=1
`;
