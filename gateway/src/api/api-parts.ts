/**
 * What the HTTP door needs of the house. Everything is injected by `main`; the door validates, authorises, audits and delegates.
 */
import type { SessionReply } from '@keepline/contracts/agent-protocol';
import type { AlarmView } from '@keepline/contracts/alarms';
import type { AuditState } from '@keepline/contracts/audit-view';
import type { CallbackView } from '@keepline/contracts/callbacks';
import type { Clock } from '@keepline/contracts/clock';
import type { DeskService, DeskSuggestion } from '@keepline/contracts/desk-suggestion';
import type { AgentId, CallId } from '@keepline/contracts/ids';
import type { LinkStatus } from '@keepline/contracts/link';
import type { ReportCoverage, ReportOrder, ReportRun } from '@keepline/contracts/reports';
import type { WebSocket } from 'ws';
import type { Actor, Log } from '../identity/identity-store.ts';
import type { Calls, Duty } from '../agents/desk-commands.ts';
import type { Identity } from '../identity/identity.ts';
import type { Machines } from '../identity/machine-certificates.ts';
import type { Session } from '../identity/sessions.ts';
import type { RecordingArchive } from '../recording/archive.ts';
import type { WorkbenchParts } from './workbench-parts.ts';

export type PartState = 'ok' | 'degraded' | 'down';
/** States of parts by name, such as `{ store: 'ok', link: 'down' }`; no personal data: anybody on the network may read it. */
export interface Health {
  readonly status: PartState;
  readonly parts: Readonly<Record<string, PartState>>;
  /** Codes of the alarms that stand, each once; what they mean is in docs/errors.md. */
  readonly alarms: readonly string[];
}

/** As the list keeps it: the whole number, and a try that has begun. */
export interface OwedCall extends Omit<CallbackView, 'isCalling'> {
  readonly state: 'open' | 'calling';
}

export interface ApiParts {
  readonly site: { readonly name: string; readonly language: SessionReply['language'] };
  readonly identity: Identity;
  /** Undefined: no client certificate is asked for. */
  readonly machines?: Machines | undefined;
  readonly desks: { connect(session: Session, socket: WebSocket): void; close(): void };
  readonly calls: Pick<Calls, 'get' | 'all'>;
  readonly duty: Pick<Duty, 'queues'>;
  readonly link: { status(): LinkStatus };
  readonly health: () => Health | Promise<Health>;
  /** Figures for monitoring, Prometheus text; no personal data. */
  readonly metrics: () => Promise<string>;
  /** The explain trace of the decision that gave this call to this agent, also after the call; undefined when there is none. */
  readonly decision: (callId: CallId, agentId: AgentId) => Promise<unknown>;
  /** The whole number of the caller of this call, also after it; undefined when there is no such call. */
  readonly callerNumber: (callId: CallId) => Promise<string | undefined>;
  /** Articles of the knowledge in force that hold every word asked for. */
  readonly knowledge: (
    query: string,
    limit: number,
  ) => Promise<ReadonlyArray<{ readonly id: string; readonly title: string; readonly excerpt: string; readonly language: string }>>;
  /** Calls that are owed to customers; personal data. `cancel` throws CallbackUnknown. */
  readonly callbacks: {
    list(): Promise<readonly OwedCall[]>;
    cancel(id: string): Promise<void>;
  };
  readonly alarms: {
    standing(): readonly AlarmView[];
    recent(limit: number): Promise<readonly AlarmView[]>;
    clearNumber(number: number): Promise<boolean>;
    /** Called after each change that is durable. @returns ends it */
    subscribe(listener: (change: { readonly is: 'raised' | 'cleared'; readonly alarm: AlarmView }) => void): () => void;
  };
  /** Compliance reports, made one at a time in a process of their own. */
  readonly reports: {
    coverage(): Promise<ReportCoverage>;
    list(): Promise<ReportRun[]>;
    begin(actor: Actor, order: ReportOrder): Promise<ReportRun>;
    file(id: string, name: string): Promise<Buffer>;
  };
  readonly auditLog: {
    readonly verifierKey: string;
    state(): Promise<AuditState>;
    list(wanted: {
      readonly limit: number;
      readonly act?: string;
      readonly who?: string;
      readonly before?: number;
      readonly lookAtMost: number;
    }): Promise<ReadonlyArray<Readonly<Record<string, unknown>>>>;
    prove(number: number): Promise<string>;
  };
  /** What the cloud may suggest to an agent about a call. */
  readonly suggestions: {
    readonly offered: readonly DeskService[];
    /** Never rejects: without a cloud the suggestion says so. */
    readonly ask: (
      call: { readonly queue: string; readonly skill: string; readonly path: readonly string[] },
      service: DeskService,
      text: string,
    ) => Promise<DeskSuggestion>;
  };
  readonly workbench: WorkbenchParts;
  readonly recordings: RecordingArchive;
  /** Folder with `index.html` and `assets/`, as Vite builds it. */
  readonly deskFolder: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** Bounds of the door, each with its unit. Tests pass shorter times. */
export interface ApiLimits {
  /** Bytes of a body and of a frame. */
  readonly bodyBytes: number;
  readonly headerBytes: number;
  /** TCP connections per door: two per agent of the largest site, and room. */
  readonly connections: number;
  /** Of these, from one address: a terminal server may seat many agents, but one machine must not take the door from all others. */
  readonly connectionsPerSource: number;
  /** Per source address and minute. */
  readonly requestsPerMinute: number;
  readonly signInsPerMinute: number;
  /** A client must have sent its head, and its whole request, within these; ms. */
  readonly headersMs: number;
  readonly requestMs: number;
  /** How often the two above are looked at, ms. */
  readonly lookEveryMs: number;
  readonly keepAliveMs: number;
  readonly tlsHandshakeMs: number;
}
export const API_LIMITS: ApiLimits = {
  bodyBytes: 65_536,
  headerBytes: 16_384,
  connections: 8192,
  connectionsPerSource: 4096,
  requestsPerMinute: 3000,
  signInsPerMinute: 60,
  headersMs: 10_000,
  requestMs: 20_000,
  lookEveryMs: 2_000,
  keepAliveMs: 30_000,
  tlsHandshakeMs: 10_000,
};
