/** What goes wrong between us and a chat endpoint. Texts of the endpoint are never repeated: they may quote what we sent. */
import { ServiceRefusal } from '../../services/errors.ts';

export type ChatFault =
  | 'connect_timeout'
  | 'first_token_timeout'
  | 'total_timeout'
  | 'connection_failed'
  | 'status'
  | 'truncated'
  | 'too_long'
  | 'not_the_protocol'
  | 'not_the_schema';

export class ChatFailure extends ServiceRefusal {
  readonly why: ChatFault;
  /** HTTP status; 0 when there was none. */
  readonly status: number;
  /** What `Retry-After` asks for, ms; 0 when it does not. */
  readonly retryAfterMs: number;

  constructor(why: ChatFault, options: { readonly status?: number; readonly retryAfterMs?: number; readonly cause?: unknown } = {}) {
    const { status = 0, retryAfterMs = 0, cause } = options;
    super('provider', `the chat endpoint failed: ${why}${status === 0 ? '' : ` ${status}`}`, cause);
    this.why = why;
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }

  /** Only what the endpoint itself says will pass. A broken stream has cost tokens already. */
  get mayPass(): boolean {
    return this.why === 'status' && (this.status === 429 || this.status >= 500);
  }
}
