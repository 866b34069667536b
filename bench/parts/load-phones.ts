/**
 * Callers and agents of a load, on one UDP socket each: enough SIP (RFC 3261 §13, §17) to call, to answer and to hang up, with the voices of
 * `load-voices.ts`. Callers find a queue, agents answer at once.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { DialogText, newBranch } from '../../testkit/src/softphone/dialog-text.ts';
import { header, mediaOf, parseSip, type SipText, sdpText, statusOf, uriOf } from '../../testkit/src/softphone/sip-text.ts';
import type { LoadVoices } from './load-voices.ts';

interface Place {
  readonly address: string;
  readonly port: number;
}

const LOCAL = '127.0.0.1';
/** RFC 3261 §17.1.1.2, timers A and B. */
const T1_MS = 500;
const GIVE_UP_MS = 64 * T1_MS;

export interface LoadCall {
  /** Hangs up; resolves when the site has confirmed it. */
  hangup(): Promise<void>;
}
/** What an agent's phone saw of one conversation. */
export interface Talk {
  readonly agentId: string;
  /** From the ACK of the answer to the BYE, ms. */
  readonly talkMs: number;
}

export class LoadPhones {
  /** Conversations that are over, in the order in which they ended. */
  readonly talks: Talk[] = [];
  /** Conversations that agents have answered and that go on. */
  talking = 0;
  readonly #voices: LoadVoices;
  readonly #callers: Socket;
  readonly #agents: Socket;
  readonly #dialogs = new Map<string, (message: SipText) => void>();
  #placed = 0;

  private constructor(voices: LoadVoices, callers: Socket, agents: Socket) {
    this.#voices = voices;
    this.#callers = callers;
    this.#agents = agents;
    callers.on('message', (bytes) => this.#receive(bytes));
    agents.on('message', (bytes, from) => this.#receive(bytes, from));
  }

  static async open(voices: LoadVoices): Promise<LoadPhones> {
    const sockets = [createSocket('udp4'), createSocket('udp4')] as const;
    for (const socket of sockets) {
      socket.bind(0, LOCAL);
      await once(socket, 'listening');
      socket.setRecvBufferSize(1 << 20);
    }
    return new LoadPhones(voices, ...sockets);
  }

  /** URI of an agent's phone, for the site file. */
  agentUri(agentId: string): string {
    return `sip:${agentId}@${LOCAL}:${this.#agents.address().port}`;
  }

  /** Calls the site; resolves when it has answered. @throws Error when it refused or did not answer */
  async call(site: Place): Promise<LoadCall> {
    const voice = await this.#voices.open();
    const number = `138${String(this.#placed++).padStart(8, '0')}`;
    const local = { address: LOCAL, port: this.#callers.address().port };
    const target = `sip:95000@${site.address}:${site.port}`;
    const callId = `load-${number}-${newBranch()}`;
    const dialog = new DialogText({ local, callId, target, from: `<sip:${number}@${LOCAL}:${local.port}>`, to: `<${target}>` });
    const send = (bytes: Buffer): void => this.#callers.send(bytes, site.port, site.address);
    const answered = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<void>();
    const end = (): void => {
      stop();
      this.#dialogs.delete(callId);
      void voice.stop();
      ended.resolve();
    };
    let stop = repeat(
      () => send(invite),
      () => answered.reject(new Error('a call was not answered')),
    );
    const invite = dialog.request('INVITE', newBranch(), 1, sdpText(LOCAL, voice.port, 1));
    this.#dialogs.set(callId, (message) => {
      const status = statusOf(message);
      if (status === 0) {
        send(dialog.response(message, 200, 'OK'));
        if (message.start.startsWith('BYE ')) end();
        return;
      }
      stop();
      if (status < 200) return;
      if (header(message, 'cseq') === '2 BYE') return end();
      dialog.to = header(message, 'to');
      dialog.target = uriOf(header(message, 'contact')) || dialog.target;
      send(dialog.request('ACK', newBranch(), 1));
      if (status >= 300) answered.reject(new Error(`a call was refused with ${status}`));
      else void voice.talk(mediaOf(message.body).port).then(answered.resolve);
    });
    send(invite);
    try {
      await answered.promise;
    } catch (refused) {
      end();
      throw refused;
    }
    return {
      hangup() {
        const bye = dialog.request('BYE', newBranch(), 2);
        stop = repeat(() => send(bye), end);
        send(bye);
        return ended.promise;
      },
    };
  }

  close(): void {
    this.#callers.close();
    this.#agents.close();
  }

  #receive(bytes: Buffer, from?: Place): void {
    const message = parseSip(bytes.toString('latin1'));
    const known = this.#dialogs.get(header(message, 'call-id'));
    if (known) known(message);
    else if (from && message.start.startsWith('INVITE '))
      this.#answer(message, from).catch(() => {}); // the site tries another agent
    else if (from && message.start.startsWith('OPTIONS ')) this.#say(from, message, 200);
  }

  async #answer(invite: SipText, site: Place): Promise<void> {
    const callId = header(invite, 'call-id');
    const agentId = /^INVITE sip:([^@]+)@/.exec(invite.start)?.[1] ?? '';
    this.#dialogs.set(callId, () => {}); // repeated while the voice opens
    const voice = await this.#voices.open();
    const dialog = this.#dialog(invite);
    const send = (bytes: Buffer): void => this.#agents.send(bytes, site.port, site.address);
    const ok = dialog.response(invite, 200, 'OK', sdpText(LOCAL, voice.port, 1));
    let sinceMs = 0;
    const end = (): void => {
      stop();
      void voice.stop();
      if (sinceMs === 0) return;
      this.talking--;
      this.talks.push({ agentId, talkMs: performance.now() - sinceMs });
      sinceMs = 0;
    };
    const stop = repeat(() => send(ok), end);
    this.#dialogs.set(callId, (message) => {
      const [method] = message.start.split(' ');
      if (method === 'ACK') {
        stop();
        if (sinceMs > 0) return;
        sinceMs = performance.now();
        this.talking++;
      } else if (method === 'INVITE') send(ok);
      else if (statusOf(message) === 0) {
        send(dialog.response(message, 200, 'OK'));
        if (method !== 'BYE' && method !== 'CANCEL') return;
        end();
        setTimeout(() => this.#dialogs.delete(callId), GIVE_UP_MS).unref(); // a BYE that is repeated is answered
      }
    });
    await voice.talk(mediaOf(invite.body).port);
    send(dialog.response(invite, 180, 'Ringing'));
    send(ok);
  }

  #dialog(request: SipText): DialogText {
    const local = { address: LOCAL, port: this.#agents.address().port };
    const [target, from, to] = [uriOf(header(request, 'contact')), header(request, 'to'), header(request, 'from')];
    return new DialogText({ local, callId: header(request, 'call-id'), target, from, to });
  }

  #say(to: Place, request: SipText, status: number): void {
    this.#agents.send(this.#dialog(request).response(request, status, 'OK'), to.port, to.address);
  }
}

/** Again and again, less and less often, until the result is called. */
function repeat(send: () => void, giveUp: () => void): () => void {
  let waitMs = T1_MS;
  let passedMs = 0;
  let timer = setTimeout(again, waitMs);
  function again(): void {
    passedMs += waitMs;
    if (passedMs >= GIVE_UP_MS) return giveUp();
    send();
    waitMs = Math.min(waitMs * 2, 4000);
    timer = setTimeout(again, waitMs);
  }
  return () => clearTimeout(timer);
}
