/**
 * What of the cloud's proposals is in force in the running gateway. Decisions are made in the database, by a person at the command line or
 * by the policy of the site; this looks for changes once a second and lets routing and new calls follow them.
 */
import type { Clock } from '@keepline/contracts/clock';
import { type DownlinkEnvelope, type DownlinkKind, FlowSuggestion, SkillsTable } from '@keepline/contracts/downlink';
import type { Flow } from '@keepline/contracts/flow';
import type { SiteConfig } from '@keepline/contracts/site-config';
import { Value } from 'typebox/value';
import type { Reader, Store } from '../store/store.ts';
import { checkSuggestedFlow, skillsUnder } from './permit.ts';

const LOOK_MS = 1000;

export interface InForceOptions {
  readonly store: Pick<Store, 'read'>;
  readonly clock: Pick<Clock, 'every'>;
  readonly site: Pick<SiteConfig, 'agents' | 'queues' | 'secretHooks'>;
  /** The flow the gateway started with, and the one of the site file, which rules when nothing is in force. */
  readonly started: Flow;
  readonly siteFlow: Flow;
  /** Prompts that were made, with their words: only these can be heard before the next start. */
  readonly prompts: Flow['prompts'];
  readonly roster: { setSkills(id: string, skills: readonly string[]): void };
  readonly log: { info(fields: object, message: string): void; warn(fields: object, message: string): void };
  readonly onFault: (fault: unknown) => void;
}

export class InForce {
  readonly #o: InForceOptions;
  readonly #versions = new Map<DownlinkKind, number>();
  readonly #stop: () => void;
  #flow: Flow;
  #looking = false;

  constructor(options: InForceOptions) {
    this.#o = options;
    this.#flow = options.started;
    this.#stop = options.clock.every(LOOK_MS, () => void this.look().catch(options.onFault));
  }

  /** For new calls; calls in progress keep the one they began with. */
  flow(): Flow {
    return this.#flow;
  }

  /** Follows what was decided since the last look. */
  async look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      const { read } = this.#o.store;
      const states = await read.all<{ kind: DownlinkKind; version: number }>('SELECT kind, current_version AS version FROM downlink_state');
      for (const { kind, version } of states) {
        if (this.#versions.get(kind) === version) continue;
        this.#follow(kind, version, await envelopeInForce(read, kind));
        this.#versions.set(kind, version);
      }
    } finally {
      this.#looking = false;
    }
  }

  close(): void {
    this.#stop();
  }

  #follow(kind: DownlinkKind, version: number, envelope: DownlinkEnvelope | undefined): void {
    const { site, roster, log, siteFlow, prompts } = this.#o;
    if (kind === 'skills.table') {
      const table = Value.Check(SkillsTable, envelope?.payload) ? envelope.payload : undefined;
      for (const [id, skills] of skillsUnder(table, site.agents)) roster.setSkills(id, skills);
    }
    if (kind === 'flow.suggestion') {
      const flow = flowIn(envelope, site) ?? siteFlow;
      if (!heard(flow, prompts)) {
        log.warn({ flow: flow.flow, version: flow.version }, 'the flow has prompts that were not made yet; it is taken at the next start');
        return;
      }
      this.#flow = flow;
    }
    log.info({ kind, version }, version === 0 ? 'the site file is in force again' : 'a proposal of the cloud is in force');
  }
}

/** The flow in force by an approved proposal, for the start of the gateway; undefined leaves it to the site file. */
export async function flowInForce(reader: Reader, site: Pick<SiteConfig, 'queues' | 'secretHooks'>): Promise<Flow | undefined> {
  return flowIn(await envelopeInForce(reader, 'flow.suggestion'), site);
}

/** The approved proposal of this kind that rules now; undefined leaves it to the site file. */
export async function envelopeInForce(reader: Reader, kind: DownlinkKind): Promise<DownlinkEnvelope | undefined> {
  const row = await reader.get<{ envelope: string }>(
    `SELECT envelope FROM downlink_applied JOIN downlink_state USING (kind)
     WHERE downlink_applied.kind = ? AND downlink_applied.version = downlink_state.current_version`,
    kind,
  );
  return row && JSON.parse(row.envelope); // checked before it was stored
}

function flowIn(envelope: DownlinkEnvelope | undefined, site: Pick<SiteConfig, 'queues' | 'secretHooks'>): Flow | undefined {
  if (!envelope || !Value.Check(FlowSuggestion, envelope.payload)) return undefined;
  return checkSuggestedFlow(envelope.payload.flow, envelope.id, site);
}

/** Whether every prompt of `flow` was made, with these words, when the gateway started. */
function heard(flow: Flow, made: Flow['prompts']): boolean {
  return Object.entries(flow.prompts).every(([name, { zh, en }]) => made[name]?.zh === zh && made[name].en === en);
}
