/** The services of one connection: what they are made of, started together, ended together. A new connection gets new ones. */
import { join } from 'node:path';
import type { Clock } from '@keepline/contracts/clock';
import { KeeplineError, messageOf } from '@keepline/contracts/errors';
import { statSync } from 'node:fs';
import type { CloudConnection } from '../nats/cloud-connection.ts';
import { Experience } from './advice/experience.ts';
import { Learner } from './advice/learner.ts';
import { AnalyticsWorker } from './analytics/analytics-worker.ts';
import type { FactStore } from './analytics/fact-store.ts';
import type { CloudServiceOptions } from './cloud-options.ts';
import { provision } from './provision.ts';
import { builtInProvider } from './providers/built-in/built-in.ts';
import { type ModelFile, readModel } from './providers/built-in/model-file.ts';
import type { ChatEndpoint } from './providers/chat/chat-endpoint.ts';
import { chatProvider } from './providers/chat/chat-provider.ts';
import { aiEndpoints } from './services/ai-endpoints.ts';
import { MicroService } from './services/micro-service.ts';
import type { ServiceFigures } from './services/service-figures.ts';
import type { WorkerLog } from './worker-log.ts';

/** Name and version in PING and INFO; the queue group is the name. */
const SERVICE = { name: 'keepline-ai', version: '1.0.0', description: 'Keepline: route advice, assist, summary, quality checks' };
/** How often a new model file is looked for, ms. */
const MODEL_LOOK_MS = 10_000;

export interface RunningParts {
  readonly options: CloudServiceOptions;
  readonly store: FactStore | undefined;
  readonly chat: ChatEndpoint | undefined;
  readonly figures: ServiceFigures;
  readonly clock: Clock;
  readonly log: WorkerLog;
}

export function modelPath(data: string, site: string): string {
  return join(data, `model-${site}.json`);
}

export class RunningCloud {
  readonly #parts: RunningParts;
  readonly #connection: CloudConnection;
  readonly #reading: CloudConnection;
  readonly #analytics = new Map<string, AnalyticsWorker>();
  readonly #ends: (() => Promise<void> | void)[] = [];

  /** @param connection where questions are answered @param reading where streams are read; `hub-rights.ts` says why they are two users */
  constructor(parts: RunningParts, connection: CloudConnection, reading: CloudConnection) {
    this.#parts = parts;
    this.#connection = connection;
    this.#reading = reading;
  }

  /** @throws when a stream is missing and these credentials may not make it */
  async start(): Promise<void> {
    const { options, store, log } = this.#parts;
    for (const site of options.sites) {
      await provision(this.#reading, site);
      if (store) {
        const worker = new AnalyticsWorker({
          connection: this.#reading,
          answering: this.#connection,
          site,
          instance: options.instance,
          store,
          log,
        });
        this.#ends.push(() => worker.stop());
        await worker.start();
        this.#analytics.set(site, worker);
      }
    }
    if (options.services.includes('ai')) await this.#startAi();
    await this.#connection.nats.flush();
  }

  /** In the opposite order of the start; the connections stay open. */
  async stop(): Promise<void> {
    for (const end of this.#ends.splice(0).toReversed()) await end();
  }

  analyticsOf(site: string): AnalyticsWorker | undefined {
    return this.#analytics.get(site);
  }

  async #startAi(): Promise<void> {
    const { options, chat, clock, figures, log } = this.#parts;
    const endpoints = [];
    for (const site of options.sites) {
      const known = new Experience();
      const learner = new Learner(this.#reading, site, known, log);
      this.#ends.push(() => learner.stop());
      await learner.start();
      const model = this.#followModel(modelPath(options.data, site));
      const builtIn = builtInProvider({ known, settings: { retentionSkill: options.retentionSkill }, clock, model });
      const of = (name: 'builtin' | 'chat') => (name === 'chat' && chat ? chatProvider(chat) : builtIn);
      const named = options.sites.length === 1 ? '' : `-${site}`;
      endpoints.push(
        ...aiEndpoints(site, of(options.adviceProvider), of(options.provider)).map((one) => ({ ...one, name: `${one.name}${named}` })),
      );
    }
    const service = new MicroService({ connection: this.#connection, ...SERVICE, endpoints, clock, figures, log });
    this.#ends.push(() => service.stop());
    await service.start();
  }

  /** The model as it is on the disk; a training is taken over without a restart, a broken file leaves the last one in use. */
  #followModel(path: string): () => ModelFile | undefined {
    const { clock, log } = this.#parts;
    let model: ModelFile | undefined;
    let seenMs = -1;
    const look = (): void => {
      const changedMs = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? -1;
      if (changedMs === seenMs) return;
      seenMs = changedMs;
      try {
        model = readModel(path);
        log.info({ model: model?.version ?? 'none' }, 'the built-in model is in use');
      } catch (fault) {
        log.warn({ code: fault instanceof KeeplineError ? fault.code : '', why: messageOf(fault) }, 'the model file is not used');
      }
    };
    look();
    this.#ends.push(clock.every(MODEL_LOOK_MS, look));
    return () => model;
  }
}
