/**
 * baresip as a caller or as an agent's phone: a soft phone that many offices have, driven over its control socket (netstrings of JSON). It speaks a WAV file and
 * keeps what it heard in one.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { eventually } from './eventually.ts';
import { freeTcpPort, freeUdpPort, freeUdpRange } from './free-port.ts';
import { findProgram } from './program.ts';
import { tone, writeWav } from './tone.ts';
import { readMono16 } from './wav-file.ts';

const RTP_PORTS = 20;
/** Debian's; another place is named by this variable. */
const MODULES = process.env.KEEPLINE_BARESIP_MODULES ?? '/usr/lib/baresip/modules';

export interface BaresipOptions {
  /** Empty folder for its configuration and sounds. */
  readonly folder: string;
  readonly transport: 'udp' | 'tcp' | 'tls';
  /** The only codec it offers: G.711 A-law or µ-law. */
  readonly codec: 'PCMA' | 'PCMU';
  /** What it says, Hz. */
  readonly hz: number;
  readonly number: string;
  /** Own address; the loopback by default. */
  readonly at?: string;
  /** Registers there as `number` and answers whatever rings; absent for a caller. */
  readonly registers?: {
    readonly address: string;
    readonly port: number;
    readonly password: string;
    /** Lifetime it asks for. Default 60. */
    readonly seconds?: number;
  };
  /** Encrypts its sound by keys in SDP: `srtp` where the other side can too, `srtp-mand` always. Default: in the clear. */
  readonly encryption?: 'srtp' | 'srtp-mand';
  /** PEM that certifies the other side on TLS. */
  readonly caFile?: string;
}

export class Baresip {
  readonly #folder: string;
  readonly #transport: BaresipOptions['transport'];
  readonly #child: ChildProcess;
  readonly #control: Socket;
  readonly #events: string[] = [];
  #unread = Buffer.alloc(0);

  private constructor(options: BaresipOptions, child: ChildProcess, control: Socket) {
    this.#folder = options.folder;
    this.#transport = options.transport;
    this.#child = child;
    this.#control = control;
    control.on('data', (bytes) => this.#read(bytes)).on('error', () => {}); // it closes the socket when it ends
  }

  /** @throws ProgramMissing */
  static async start(options: BaresipOptions): Promise<Baresip> {
    const program = findProgram('baresip');
    const controlPort = await freeTcpPort();
    await writeConfig(options, controlPort);
    const child = spawn(program, ['-f', options.folder], { stdio: ['ignore', 'pipe', 'pipe'] });
    let told = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => (told = (told + text).slice(-4000)));
    const control = await eventually('baresip listens', () => {
      if (child.exitCode !== null) throw new Error(`baresip ended: ${told}`);
      return connected(controlPort);
    });
    return new Baresip(options, child, control);
  }

  /** Calls; resolves when the other side answered. */
  async call(site: { readonly address: string; readonly port: number }, number: string): Promise<void> {
    this.#send('dial', `sip:${number}@${site.address}:${site.port};transport=${this.#transport}`);
    await this.happened('CALL_ESTABLISHED');
  }

  /** Presses a key by RFC 4733. */
  press(key: string): void {
    this.#send('sndcode', key);
  }

  /** Its hold key: re-INVITE. */
  hold(): void {
    this.#send('hold');
  }

  resume(): void {
    this.#send('resume');
  }

  /** Its transfer key, without asking first: REFER. Resolves when it was told that it went well and has hung up. */
  async transfer(target: string): Promise<void> {
    this.#send('transfer', target);
    await this.happened('CALL_CLOSED');
  }

  async hangup(): Promise<void> {
    this.#send('hangup');
    await this.happened('CALL_CLOSED');
  }

  /** Waits for an event, such as `CALL_ESTABLISHED`. */
  async happened(type: string): Promise<void> {
    await eventually(`baresip says ${type}`, () => this.#events.includes(type));
  }

  /** What it heard in its call, once that is over. */
  heard(): Int16Array {
    const file = readdirSync(this.#folder).find((name) => name.endsWith('-dec.wav'));
    if (file === undefined) throw new Error('baresip has heard nothing yet');
    return readMono16(join(this.#folder, file));
  }

  async close(): Promise<void> {
    this.#control.destroy();
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }

  #send(command: string, params = ''): void {
    const text = JSON.stringify({ command, params, token: 'testkit' });
    this.#control.write(`${Buffer.byteLength(text)}:${text},`);
  }

  #read(bytes: Buffer): void {
    this.#unread = Buffer.concat([this.#unread, bytes]);
    for (;;) {
      const colon = this.#unread.indexOf(':');
      const size = Number(this.#unread.toString('latin1', 0, Math.max(colon, 0)));
      if (colon < 0 || this.#unread.length < colon + size + 2) return;
      const { type }: { type?: string } = JSON.parse(this.#unread.toString('utf8', colon + 1, colon + 1 + size));
      if (type !== undefined) this.#events.push(type);
      this.#unread = this.#unread.subarray(colon + size + 2);
    }
  }
}

async function connected(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

/** Only what a call needs: one codec, a file as microphone, files of both directions, no sound card, no screen. */
async function writeConfig(options: BaresipOptions, controlPort: number): Promise<void> {
  const { folder, hz, number, at = '127.0.0.1' } = options;
  mkdirSync(folder, { recursive: true });
  const port = await freeUdpPort();
  const rtpPort = await freeUdpRange(RTP_PORTS);
  const microphone = join(folder, 'says.wav');
  writeWav(microphone, tone([hz], 2000));
  const modules = ['g711', 'aufile', 'aubridge', 'sndfile', 'uuid', ...(options.encryption ? ['srtp'] : [])];
  const applications = ['account', 'contact', 'menu', 'ctrl_tcp'];
  const settings: ReadonlyArray<readonly [string, string]> = [
    ['sip_listen', `${at}:${port}`],
    ['net_interface', at],
    ['rtp_ports', `${rtpPort}-${rtpPort + RTP_PORTS - 1}`],
    ['rtcp_mux', 'no'],
    ['audio_source', `aufile,${microphone}`],
    ['audio_player', 'aubridge,nobody'],
    ['audio_alert', 'aubridge,silence'],
    ['ausrc_srate', '8000'],
    ['auplay_srate', '8000'],
    ['ausrc_channels', '1'],
    ['auplay_channels', '1'],
    ['audio_txmode', 'thread'],
    ['snd_path', folder],
    ['ctrl_tcp_listen', `127.0.0.1:${controlPort}`],
    ...(options.caFile === undefined ? [] : [['sip_cafile', options.caFile] as const, ['sip_verify_server', 'yes'] as const]),
    ['module_path', MODULES],
    ...modules.map((name) => ['module', `${name}.so`] as const),
    ...applications.map((name) => ['module_app', `${name}.so`] as const),
  ];
  writeFileSync(join(folder, 'config'), settings.map(([name, value]) => `${name}\t\t${value}\n`).join(''));
  const { registers } = options;
  const domain = registers ? `${registers.address}:${registers.port}` : `${at}:${port}`;
  const registration = registers
    ? `auth_user=${number};auth_pass=${registers.password};regint=${registers.seconds ?? 60};answermode=auto`
    : 'regint=0';
  writeFileSync(
    join(folder, 'accounts'),
    `<sip:${number}@${domain};transport=${options.transport}>;${registration};audio_codecs=${options.codec}/8000/1${options.encryption ? `;mediaenc=${options.encryption}` : ''}\n`,
  );
  writeFileSync(join(folder, 'contacts'), '');
}
