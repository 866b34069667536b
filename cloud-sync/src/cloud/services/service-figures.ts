/** Figures of the services since the start: outcomes and time taken, by endpoint. Pure; bounded by the endpoints and the outcomes there are. */
import type { ServiceFault } from '@keepline/contracts/ai-service';

export type Outcome = ServiceFault | 'answered';
export interface EndpointFigures {
  readonly outcomes: Readonly<Partial<Record<Outcome, number>>>;
  /** Sum over all requests, ms. */
  readonly tookMs: number;
}

const NONE: EndpointFigures = { outcomes: {}, tookMs: 0 };

export class ServiceFigures {
  readonly #byEndpoint = new Map<string, EndpointFigures>();

  note(endpoint: string, outcome: Outcome, tookMs: number): void {
    const known = this.of(endpoint);
    this.#byEndpoint.set(endpoint, {
      outcomes: { ...known.outcomes, [outcome]: (known.outcomes[outcome] ?? 0) + 1 },
      tookMs: known.tookMs + tookMs,
    });
  }

  of(endpoint: string): EndpointFigures {
    return this.#byEndpoint.get(endpoint) ?? NONE;
  }

  all(): ReadonlyMap<string, EndpointFigures> {
    return this.#byEndpoint;
  }
}
