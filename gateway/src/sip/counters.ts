/** What the SIP side has seen since it started; each number only grows. */
export interface SipCounters {
  messagesReceived: number;
  /** Bytes that are no SIP message, or a message nobody could be answered for. */
  malformed: number;
  /** Requests of sources the site does not know: answered 403, or not at all. */
  refused: number;
  dropped: number;
  /** Requests answered 503 because the transaction table was full. */
  overloaded: number;
  /** Requests answered 4xx or 5xx before any call saw them. */
  invalid: number;
  /** Responses and ACKs that belong to nothing. */
  stray: number;
  callsOffered: number;
  callsMade: number;
  /** Faults of whoever listens to calls; each is in the log. */
  listenerFaults: number;
}

export const newCounters = (): SipCounters => ({
  messagesReceived: 0,
  malformed: 0,
  refused: 0,
  dropped: 0,
  overloaded: 0,
  invalid: 0,
  stray: 0,
  callsOffered: 0,
  callsMade: 0,
  listenerFaults: 0,
});
