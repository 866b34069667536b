/** Doubles for the neighbours of a desk, which write down what they were asked. For tests only. */
import type { DeskQueue } from '@keepline/contracts/agent-protocol';
import { KeeplineError } from '@keepline/contracts/errors';
import type { AgentStateName } from '@keepline/contracts/events';
import type { CallId } from '@keepline/contracts/ids';
import type { CallControl, CallFacts, Conversation } from '../../calls/call-control.ts';
import type { Duty } from '../desk-commands.ts';
import type { AttachedAudio, BrowserEndpoint, BrowserMedia } from '../desk-media.ts';

export class FakeDuty implements Duty {
  readonly asked: string[] = [];
  readonly states = new Map<string, AgentStateName>();
  refuseSignOut = false;
  readonly #listeners = new Set<() => void>();

  async signIn(agentId: string): Promise<void> {
    this.#note('signIn', agentId, this.agent(agentId).state === 'signed_out' ? 'not_ready' : undefined);
  }
  async signOut(agentId: string): Promise<void> {
    if (this.refuseSignOut) throw new KeeplineError('AGENT_STATE_REFUSED', 'in a call', { hint: 'hang up' });
    this.#note('signOut', agentId, 'signed_out');
  }
  async lost(agentId: string): Promise<void> {
    this.#note('lost', agentId, 'signed_out');
  }
  async ready(agentId: string): Promise<void> {
    this.#note('ready', agentId, 'ready');
  }
  async notReady(agentId: string, reason: string): Promise<void> {
    this.#note(`notReady ${reason}`, agentId, 'not_ready');
  }
  agent(agentId: string): { state: AgentStateName; reason: string; sinceMs: number; afterwards: string } {
    return { state: this.states.get(agentId) ?? 'signed_out', reason: '', sinceMs: 0, afterwards: '' };
  }
  readyAgents(): string[] {
    return [...this.states].flatMap(([agentId, state]) => (state === 'ready' ? [agentId] : []));
  }
  queueNames(): string[] {
    return ['service', 'loans'];
  }
  queues(): DeskQueue[] {
    return [{ queue: 'service', waiting: 2, longestWaitMs: 1000, readyAgents: 1 }];
  }
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
  #note(what: string, agentId: string, state: AgentStateName | undefined): void {
    this.asked.push(`${what} ${agentId}`);
    if (state) this.states.set(agentId, state);
    for (const listener of this.#listeners) listener();
  }
}

/** Legs are strings here: the desk passes them through unread. */
export class FakeMedia implements BrowserMedia<string> {
  readonly endpoints: FakeEndpoint[] = [];
  readonly #died = new Set<() => void>();
  capabilities(): unknown {
    return { codecs: ['PCMA'] };
  }
  openEndpoint(): FakeEndpoint {
    const endpoint = new FakeEndpoint(this.endpoints.length);
    this.endpoints.push(endpoint);
    return endpoint;
  }
  onWorkerDied(listener: () => void): () => void {
    this.#died.add(listener);
    return () => this.#died.delete(listener);
  }
  die(): void {
    for (const listener of this.#died) listener();
  }
}

export class FakeEndpoint implements BrowserEndpoint<string> {
  readonly asked: string[] = [];
  readonly #number: number;
  #hasMicrophone = false;
  #canReceive = false;
  isClosed = false;

  constructor(number: number) {
    this.#number = number;
  }
  get ready(): boolean {
    return this.#hasMicrophone && this.#canReceive && !this.isClosed;
  }
  async openTransport(direction: 'send' | 'receive'): Promise<{ id: string }> {
    return { id: `${direction}-${this.#number}` };
  }
  async connect(transportId: string): Promise<void> {
    this.asked.push(`connect ${transportId}`);
  }
  async produce(transportId: string): Promise<{ producerId: string }> {
    this.asked.push(`produce ${transportId}`);
    this.#hasMicrophone = true;
    return { producerId: 'microphone' };
  }
  setReceivable(): void {
    this.#canReceive = true;
  }
  async attach(leg: string): Promise<AttachedAudio> {
    const consumerId = `consumer-${leg}-${this.#number}`;
    this.asked.push(`attach ${leg}`);
    return {
      offer: { consumerId, producerId: 'caller', kind: 'audio', rtpParameters: {} },
      consuming: async (id) => void this.asked.push(`consuming ${id}`),
      detach: () => void this.asked.push(`detach ${leg}`),
    };
  }
  close(): void {
    this.isClosed = true;
  }
}

export class FakeCall implements CallControl {
  readonly asked: string[] = [];
  readonly #facts: CallFacts;
  constructor(facts: Partial<CallFacts> & { callId: CallId }) {
    this.#facts = {
      state: 'connected',
      direction: 'in',
      calledBack: null,
      parties: [],
      conference: false,
      lastConsult: null,
      parked: null,
      callerNumber: '13812345678',
      callerName: '张三',
      queue: 'service',
      skill: '',
      path: ['cards'],
      agentId: null,
      routedBecause: { how: 'longest_idle', skill: '', advice: 'not_asked', reason: null },
      muted: false,
      recording: true,
      recordingPolicy: 'always',
      pausedUntilMs: 0,
      pauseRanOut: false,
      collecting: null,
      lastSecret: null,
      startedAtMs: 1,
      queuedAtMs: 2,
      offeredAtMs: 3,
      connectedAtMs: 4,
      endedAtMs: 0,
      wrapUpUntilMs: 0,
      waitMs: 5,
      ...facts,
    };
  }
  facts(): CallFacts {
    return this.#facts;
  }
  conversation(): Conversation {
    const note = (what: string) => this.asked.push(what);
    return {
      transfer: (to) => void note(`transfer ${to.kind}`),
      park() {
        note('park');
        return 701;
      },
      consult: async (to) => void note(`consult ${to.kind}`),
      conference: async () => void note('conference'),
      complete: () => void note('complete'),
      release: () => void note('release'),
      supervise: (agentId, mode) => void note(`supervise ${agentId} ${mode}`),
      leave: (agentId) => void note(`leave ${agentId}`),
      muteParty: (agentId, muted) => void note(`mute ${agentId} ${muted}`),
    };
  }
  async collectSecret(hook: string): Promise<void> {
    this.asked.push(`collect ${hook}`);
  }
  abortSecret(): void {
    this.asked.push('abort secret');
  }
  async pauseRecording(): Promise<void> {
    this.asked.push('pause recording');
  }
  async resumeRecording(): Promise<void> {
    this.asked.push('resume recording');
  }
  pickUp(agentId: string): void {
    this.asked.push(`pick up ${agentId}`);
  }
  async startRecording(): Promise<void> {
    this.asked.push('start recording');
  }
  async stopRecording(): Promise<void> {
    this.asked.push('stop recording');
  }
  async hold(): Promise<void> {
    this.asked.push('hold');
  }
  async resume(): Promise<void> {
    this.asked.push('resume');
  }
  async mute(muted: boolean): Promise<void> {
    this.asked.push(`mute ${muted}`);
  }
  async hangup(by: string): Promise<void> {
    this.asked.push(`hangup ${by}`);
  }
  async dispose(disposition: string, note: string): Promise<void> {
    this.asked.push(`dispose ${disposition} ${note}`);
  }
}

export const callIdOf = (n: number): CallId => `call-018f0000-0000-7000-8000-${String(n).padStart(12, '0')}`;
