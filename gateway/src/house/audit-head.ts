/**
 * The newest checkpoint of the audit log, kept outside its folder: in `main.db`, and as a domain event on its way to the cloud, at most once a
 * minute. At start the log must extend what the database knows; a folder that was put back from a copy does not.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '@keepline/contracts/clock';
import { findFork } from '@keepline/compliance/kept-head';
import type { KeeplineError } from '@keepline/contracts/errors';
import type { EventLog } from '../events/event-log.ts';
import type { Store } from '../store/store.ts';

/** As often as a quiet log is signed, ms. */
const KEEP_EVERY_MS = 60_000;

export interface AuditHeadParts {
  readonly dir: string;
  readonly verifierKey: string;
  readonly store: Pick<Store, 'read' | 'write'>;
  readonly events: Pick<EventLog, 'append'>;
  readonly clock: Pick<Clock, 'monotonicMs' | 'after'>;
  readonly onFault: (fault: unknown) => void;
}

/** @returns the fork, where the log is not the one that the database knows */
export async function forkSinceLastRun({ dir, verifierKey, store }: AuditHeadParts): Promise<KeeplineError | undefined> {
  const kept = await store.read.get<{ note: string }>('SELECT note FROM audit_head WHERE id = 1');
  return kept && findFork(dir, kept.note, verifierKey, 'main.db');
}

/**
 * The history that the database knew and the log no longer holds is put aside as `DIR/audit-forks/<entries>.checkpoint`, for `audit verify
 * --against`; from then on the log as it is now is what the next start is held against.
 */
export async function acceptFork({ store }: AuditHeadParts, data: string): Promise<void> {
  const kept = await store.read.get<{ note: string }>('SELECT note FROM audit_head WHERE id = 1');
  if (!kept) return;
  const folder = join(data, 'audit-forks');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(join(folder, `${kept.note.split('\n')[1] ?? ''}.checkpoint`), kept.note, { mode: 0o600, flush: true });
  await store.write((tx) => tx.run('DELETE FROM audit_head WHERE id = 1').then(() => {}));
}

export class AuditHead {
  readonly #parts: AuditHeadParts;
  #next: { readonly size: number; readonly note: string } | undefined;
  #keptAtMs = Number.NEGATIVE_INFINITY;
  #disarm: (() => void) | undefined;
  #working: Promise<void> = Promise.resolve();

  constructor(parts: AuditHeadParts) {
    this.#parts = parts;
  }

  /** A new checkpoint; one that still waits is left out, since this one covers it. Returns at once. */
  offer(size: number, note: string): void {
    const { clock } = this.#parts;
    this.#next = { size, note };
    const waitMs = this.#keptAtMs + KEEP_EVERY_MS - clock.monotonicMs();
    if (waitMs <= 0) this.#keep();
    else this.#disarm ??= clock.after(waitMs, () => this.#keep());
  }

  /** Keeps what waits. */
  async close(): Promise<void> {
    if (this.#next) this.#keep();
    this.#disarm?.();
    await this.#working;
  }

  #keep(): void {
    const { store, events, clock, onFault } = this.#parts;
    const next = this.#next;
    this.#disarm?.();
    this.#disarm = undefined;
    this.#next = undefined;
    if (!next) return;
    this.#keptAtMs = clock.monotonicMs();
    const [, , root = ''] = next.note.split('\n');
    const signature = next.note.trimEnd().split(' ').at(-1) ?? '';
    this.#working = this.#working
      .then(() =>
        store.write(async (tx) => {
          await tx.run('INSERT INTO audit_head (id, note) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET note = excluded.note', next.note);
          await events.append(tx, 'audit.checkpointed', { size: next.size, root, signature });
        }),
      )
      .then(() => {}, onFault);
  }
}
