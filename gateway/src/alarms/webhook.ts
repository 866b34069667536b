/**
 * Takes alarms and their ends to a webhook over HTTPS, in order and at least once: what waits is in `main.db`, so an outage or a restart loses
 * nothing. After a failure it waits 1 s, doubled up to 60 s; what could not be delivered within a day is given up and told.
 */
import { request } from 'node:https';
import type { AlarmView } from '@keepline/contracts/alarms';
import type { Clock } from '@keepline/contracts/clock';
import { KeeplineError, messageOf } from '@keepline/contracts/errors';
import type { Store } from '../store/store.ts';

/** How long the receiver may take, ms. */
const TIMEOUT_MS = 10_000;
export const BACKOFF_FIRST_MS = 1000;
export const BACKOFF_MAX_MS = 60_000;
export const GIVE_UP_MS = 86_400_000;

export class AlarmUndelivered extends KeeplineError {
  constructor(number: number, cause: unknown) {
    super('ALARM_UNDELIVERED', `alarm ${number} was not taken by the webhook within a day: ${messageOf(cause)}`, {
      hint: 'Look at alarms.webhook in site.yaml, at the receiver and its certificate; GET /api/alarms shows what was missed.',
      offending: number,
    });
  }
}

export interface WebhookParts {
  readonly url: string;
  /** PEM; the authorities of the system when absent. */
  readonly ca: string | undefined;
  readonly site: string;
  readonly store: Pick<Store, 'read' | 'write'>;
  readonly clock: Pick<Clock, 'now' | 'after'>;
  readonly onFault: (fault: unknown) => void;
}

type Row = Omit<AlarmView, 'deliveredAtMs'> & { readonly raiseToldMs: number | null };
const NEXT = `SELECT number, code, object, severity, message, hint, raised_at_ms AS raisedAtMs, last_at_ms AS lastAtMs, times,
  cleared_at_ms AS clearedAtMs, raise_told_ms AS raiseToldMs FROM alarms
  WHERE given_up = 0 AND (raise_told_ms IS NULL OR (cleared_at_ms IS NOT NULL AND clear_told_ms IS NULL)) ORDER BY number LIMIT 1`;

export class AlarmWebhook {
  readonly #parts: WebhookParts;
  #working: Promise<void> | undefined;
  #pauseMs = 0;
  #stopPause: (() => void) | undefined;
  #closed = false;

  constructor(parts: WebhookParts) {
    this.#parts = parts;
  }

  /** Something changed. Returns at once. */
  wake(): void {
    if (this.#closed || this.#stopPause) return;
    this.#working ??= this.#run()
      .catch(this.#parts.onFault)
      .finally(() => (this.#working = undefined));
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#stopPause?.();
    await this.#working;
  }

  async #run(): Promise<void> {
    const { store, clock, onFault } = this.#parts;
    for (let row = await this.#next(); row && !this.#closed; row = await this.#next()) {
      const is = row.raiseToldMs === null ? 'raised' : 'cleared';
      const { number } = row;
      try {
        await this.#post(row, is);
        this.#pauseMs = 0;
        const column = is === 'raised' ? 'raise_told_ms' : 'clear_told_ms';
        await store.write((tx) => tx.run(`UPDATE alarms SET ${column} = ? WHERE number = ?`, clock.now(), number));
      } catch (thrown) {
        if (clock.now() - (is === 'raised' ? row.raisedAtMs : (row.clearedAtMs ?? 0)) > GIVE_UP_MS) {
          await store.write((tx) => tx.run('UPDATE alarms SET given_up = 1 WHERE number = ?', number));
          onFault(new AlarmUndelivered(number, thrown));
          continue;
        }
        return this.#pause();
      }
    }
  }

  #next(): Promise<Row | undefined> {
    return this.#parts.store.read.get<Row>(NEXT);
  }

  #pause(): void {
    this.#pauseMs = Math.min(Math.max(this.#pauseMs * 2, BACKOFF_FIRST_MS), BACKOFF_MAX_MS);
    this.#stopPause = this.#parts.clock.after(this.#pauseMs, () => {
      this.#stopPause = undefined;
      this.wake();
    });
  }

  #post(row: Row, is: 'raised' | 'cleared'): Promise<void> {
    const { number, code, object, severity, message, hint, raisedAtMs, lastAtMs, times, clearedAtMs } = row;
    const alarm = { number, code, object, severity, message, hint, raisedAtMs, lastAtMs, times, clearedAtMs };
    const { url, ca, site } = this.#parts;
    const body = JSON.stringify({ site, is, alarm });
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      'idempotency-key': `${site}/alarm-${alarm.number}/${is}`,
    };
    return new Promise((resolve, reject) => {
      const options = { method: 'POST', headers, agent: false, timeout: TIMEOUT_MS, minVersion: 'TLSv1.2' as const };
      const post = request(url, ca === undefined ? options : { ...options, ca }, (response) => {
        response.resume();
        response.once('error', reject);
        response.once('end', () => {
          const { statusCode = 0 } = response;
          if (statusCode >= 200 && statusCode < 300) resolve();
          else reject(new Error(`the receiver answered ${statusCode}`));
        });
      });
      post.once('timeout', () => post.destroy(new Error('the receiver did not answer in time')));
      post.once('error', reject);
      post.end(body);
    });
  }
}
