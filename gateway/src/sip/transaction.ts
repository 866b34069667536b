/** What the four transaction machines share: timer values (RFC 3261 table 4) and the shape of a step. Times in ms. */
export const T1_MS = 500;
export const T2_MS = 4_000;
export const T4_MS = 5_000;
/** Timers B, F, H, J (UDP), L and M: long enough for eleven INVITEs or ten other retransmissions. */
export const WAIT_MS = 64 * T1_MS;

export type Effect<What extends string, Input extends string> =
  | { readonly do: 'send'; readonly what: What }
  /** Feeds the machine this input after so long. */
  | { readonly do: 'arm'; readonly input: Input; readonly ms: number }
  /** Stops every timer that runs. */
  | { readonly do: 'disarm' }
  /** Hands the message just received to the user of the transaction. */
  | { readonly do: 'deliver' }
  | { readonly do: 'fail'; readonly why: TransactionFault };
export type TransactionFault = 'timeout' | 'transport';

export interface Step<State, What extends string, Input extends string> {
  readonly state: State;
  readonly effects: ReadonlyArray<Effect<What, Input>>;
}

export const send = <What extends string>(what: What): Effect<What, never> => ({ do: 'send', what });
export const arm = <Input extends string>(input: Input, ms: number): Effect<never, Input> => ({ do: 'arm', input, ms });
export const disarm: Effect<never, never> = { do: 'disarm' };
export const deliver: Effect<never, never> = { do: 'deliver' };
export const fail = (why: TransactionFault): Effect<never, never> => ({ do: 'fail', why });
