/** What a call needs of the user agent that holds it. */
import type { Clock } from '@keepline/contracts/clock';
import type { Inbound } from './inbound.ts';
import type { ServerTransaction } from './server-transaction.ts';
import type { TransactionTable } from './transaction-table.ts';
import type { SipSource, Wire } from './transport.ts';

/** A dialog as the user agent finds it. */
export interface DialogUser {
  /** A request inside the dialog, other than ACK. */
  receive(transaction: ServerTransaction): void;
  receiveAck(ack: Inbound): void;
  /** The user agent closes. */
  hangup(): void;
}

export interface CallHost {
  readonly clock: Clock;
  readonly wire: Wire;
  readonly transactions: TransactionTable;
  /** For Server and User-Agent. */
  readonly product: string;
  /** Our Contact on this transport. */
  contact(transport: SipSource['transport']): string;
  adopt(dialogKey: string, user: DialogUser): void;
  release(dialogKey: string): void;
}
