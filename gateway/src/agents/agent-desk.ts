/**
 * One page of one agent, from connect to close: its requests go to media or to commands, and its view is pushed when it looks different.
 */
import type { DeskPush, DeskRequest, DeskView } from '@keepline/contracts/agent-protocol';
import type { Clock } from '@keepline/contracts/clock';
import type { WebSocket } from 'ws';
import type { Log } from '../identity/identity-store.ts';
import { type Command, type CommandSurroundings, runCommand } from './desk-commands.ts';
import { type BrowserMedia, DeskMedia, type MediaRequest } from './desk-media.ts';
import { looksSame } from './desk-view.ts';
import { DeskWire } from './desk-wire.ts';
import { SessionOver } from './errors.ts';
import type { Session } from '../identity/sessions.ts';

export interface AgentDeskOptions<MediaLeg> {
  readonly session: Session;
  readonly socket: WebSocket;
  readonly clock: Clock;
  readonly log: Log;
  readonly browserMedia: BrowserMedia<MediaLeg>;
  readonly commands: Omit<CommandSurroundings, 'isMediaReady'>;
  /** Marks the session as used; false when it is over. */
  readonly touch: () => boolean;
  /** Called after a command was carried out: its effect is on the screen before the next round of views. */
  readonly onCommandDone: () => void;
  readonly onMediaReady: (desk: AgentDesk<MediaLeg>) => void;
  readonly onClosed: (desk: AgentDesk<MediaLeg>) => void;
}

export class AgentDesk<MediaLeg> {
  readonly session: Session;
  readonly media: DeskMedia<MediaLeg>;
  readonly #o: AgentDeskOptions<MediaLeg>;
  readonly #wire: DeskWire;
  #shown: DeskView | undefined;

  constructor(o: AgentDeskOptions<MediaLeg>) {
    this.#o = o;
    this.session = o.session;
    this.media = new DeskMedia({
      agentId: o.session.userId,
      media: o.browserMedia,
      clock: o.clock,
      pushConsume: (offer) => this.#wire.push({ push: 'media.consume', offer }),
      onReady: () => o.onMediaReady(this),
    });
    this.#wire = new DeskWire({
      socket: o.socket,
      clock: o.clock,
      log: o.log,
      serve: (request) => this.#serve(request),
      onClosed: () => {
        this.media.close();
        o.onClosed(this);
      },
    });
  }

  show(view: DeskView): void {
    if (looksSame(this.#shown, view)) return;
    this.#shown = view;
    this.#wire.push({ push: 'view', view });
  }

  /** The media worker died: everything the page built with it is void. */
  rejoinMedia(): void {
    this.media.reset();
    this.#wire.push({ push: 'media.rejoin' });
  }

  bye(why: Extract<DeskPush, { push: 'bye' }>['why']): void {
    this.#wire.bye(why);
  }

  async #serve(request: DeskRequest): Promise<unknown> {
    if (!this.#o.touch()) {
      this.bye('session_ended');
      throw new SessionOver();
    }
    if (isMedia(request)) return await this.media.serve(request);
    if (isCommand(request)) {
      await runCommand(request, { ...this.#o.commands, isMediaReady: () => this.media.ready });
      this.#o.onCommandDone();
      return undefined;
    }
    return request satisfies never;
  }
}

const isMedia = (request: DeskRequest): request is MediaRequest => request.ask.startsWith('media.');
const isCommand = (request: Exclude<DeskRequest, MediaRequest>): request is Command => !request.ask.startsWith('media.');
