/** The figures of a demo, as they are printed; every one is measured. Pure. */
export interface CallFigures {
  readonly outage: boolean;
  answered: boolean;
  recorded: boolean;
  callerHeard: boolean;
  agentHeard: boolean;
  /** Time the routing decision waited for advice, ms, as the cloud was told. */
  routingDelayMs: number;
}
export interface DemoFigures {
  readonly calls: { readonly offered: number; readonly answered: number; readonly recorded: number };
  readonly audio: { readonly callerHeard: number; readonly agentHeard: number };
  readonly cloud: { readonly produced: number; readonly delivered: number; readonly duplicates: number };
  readonly outage: { readonly calls: number; readonly answered: number; readonly routingDelayMsMax: number };
}

export function figuresOf(calls: readonly CallFigures[], produced: readonly string[], arrived: readonly string[]): DemoFigures {
  const count = (is: (call: CallFigures) => boolean): number => calls.filter(is).length;
  const cut = calls.filter((call) => call.outage);
  const unique = new Set(arrived);
  return {
    calls: { offered: calls.length, answered: count((call) => call.answered), recorded: count((call) => call.recorded) },
    audio: { callerHeard: count((call) => call.callerHeard), agentHeard: count((call) => call.agentHeard) },
    cloud: {
      produced: produced.length,
      delivered: produced.filter((id) => unique.has(id)).length,
      duplicates: arrived.length - unique.size,
    },
    outage: {
      calls: cut.length,
      answered: cut.filter((call) => call.answered).length,
      routingDelayMsMax: Math.max(0, ...cut.map((call) => call.routingDelayMs)),
    },
  };
}

/** Whether the demo shows what it promises. */
export function holds({ calls, audio, cloud, outage }: DemoFigures): boolean {
  const all = [calls.answered, calls.recorded, audio.callerHeard, audio.agentHeard].every((figure) => figure === calls.offered);
  return all && calls.offered > 0 && cloud.produced === cloud.delivered && cloud.duplicates === 0 && outage.answered === outage.calls;
}
