/** What a call needs of the user agent that holds it. */
import type { Clock } from '@keepline/contracts/clock';
import type { SipCall } from './call.ts';
import type { Chance } from './identifiers.ts';
import type { Inbound } from './inbound.ts';
import type { ServerTransaction } from './server-transaction.ts';
import type { TransactionTable } from './transaction-table.ts';
import type { SipSource, Wire } from './transport.ts';

/** A dialog as the user agent finds it. */
export interface DialogUser {
  /** A request inside the dialog, other than ACK. */
  receive(transaction: ServerTransaction): void;
  receiveAck(ack: Inbound): void;
  /** The call this is a dialog of, and how far it is: an INVITE may ask to take its place (RFC 3891 §3). */
  readonly replaceable: { readonly call: SipCall; readonly at: 'ringing_here' | 'ringing_there' | 'answered' } | null;
  /** The user agent closes. */
  hangup(): void;
}

export interface CallHost {
  readonly clock: Clock;
  readonly wire: Wire;
  readonly chance: Chance;
  readonly transactions: TransactionTable;
  /** For Server and User-Agent. */
  readonly product: string;
  /** Our Contact towards this place. */
  contact(to: SipSource): string;
  adopt(dialogKey: string, user: DialogUser): void;
  release(dialogKey: string): void;
}
