/**
 * Brings each new checkpoint of the audit log to its witnesses and collects their cosignatures. Only the newest checkpoint waits. A witness
 * that has seen more than the log now holds, or another root of the same size, or that the log cannot lead to, has found a fork or a
 * rollback: an alarm at once. A witness that cannot be reached is told as a fault, and asked again with the next checkpoint.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '@keepline/contracts/clock';
import type { KeeplineError } from '@keepline/contracts/errors';
import { EntryReader } from '../audit/entry-reader.ts';
import { replaceFile } from '../audit/new-file.ts';
import { proveConsistency } from '../audit/prove.ts';
import { cosignedAt, textOfNote } from '../tlog/cosignature.ts';
import type { NoteVerifier } from '../tlog/signed-note.ts';
import { formatAddCheckpoint } from './add-checkpoint.ts';
import { inOrder } from './add-handover.ts';
import { AuditForked, WitnessQuorumMissing, WitnessUnreachable } from './errors.ts';

/** The newest checkpoint that enough witnesses signed, with their lines; in the folder of the log. */
export const WITNESSED_FILE = 'checkpoint.witnessed';
const ANSWER_MAX_BYTES = 65_536;
/** How long a witness may take, ms. */
const TIMEOUT_MS = 10_000;
/** Once as we think, once with the size it knows, once after it was told of a new key. */
const ASKS_MAX = 3;
/** Of what a witness gives as its reason, characters. */
const REASON_MAX = 200;

export interface WitnessAddress {
  /** Prefix of its submissions; `/add-checkpoint` is put behind it. */
  readonly url: string;
  readonly verifier: NoteVerifier;
}

export interface WitnessClientOptions {
  /** Folder of the log. */
  readonly dir: string;
  readonly witnesses: readonly WitnessAddress[];
  /** How many must sign for a checkpoint to count as witnessed; 0 is all. */
  readonly quorum: number;
  readonly clock: Pick<Clock, 'now'>;
  /** Notes by which one key of the log handed over to the next. */
  readonly handovers?: () => Promise<readonly string[]>;
  readonly onFault: (fault: KeeplineError) => void;
  /** A fork or rollback was found. */
  readonly onAlarm: (fault: AuditForked) => void;
}

export class WitnessClient {
  readonly #options: WitnessClientOptions;
  /** What each witness signed last, by its name. */
  readonly #known = new Map<string, number>();
  #next: { readonly size: number; readonly note: string } | undefined;
  #working: Promise<void> | undefined;
  #witnessed = 0;

  constructor(options: WitnessClientOptions) {
    this.#options = options;
  }

  /** Entries under the newest checkpoint that enough witnesses signed since the start; 0 before the first. */
  get witnessed(): number {
    return this.#witnessed;
  }

  /** A new checkpoint; one that still waits is left out, since this one covers it. Returns at once. */
  offer(size: number, note: string): void {
    this.#next = { size, note };
    this.#working ??= this.#work().finally(() => (this.#working = undefined));
  }

  /** Until nothing waits. */
  async settled(): Promise<void> {
    while (this.#working) await this.#working;
  }

  async #work(): Promise<void> {
    for (let next = this.#next; next; next = this.#next) {
      this.#next = undefined;
      await this.#submit(next.size, next.note);
    }
  }

  async #submit(size: number, note: string): Promise<void> {
    const { witnesses, dir, onFault, onAlarm } = this.#options;
    const lines = await Promise.all(
      witnesses.map(async (witness) => {
        try {
          return await this.#ask(witness, size, note);
        } catch (thrown) {
          if (thrown instanceof AuditForked) onAlarm(thrown);
          else onFault(new WitnessUnreachable(witness.verifier.name, thrown));
          return undefined;
        }
      }),
    );
    const signed = lines.filter((line) => line !== undefined);
    const wanted = this.#options.quorum === 0 ? witnesses.length : this.#options.quorum;
    if (signed.length < wanted) return onFault(new WitnessQuorumMissing(size, signed.length, wanted));
    try {
      await replaceFile(join(dir, WITNESSED_FILE), note + signed.join(''));
      this.#witnessed = size;
    } catch (thrown) {
      onFault(new WitnessUnreachable('(its answer could not be kept)', thrown));
    }
  }

  /** @returns the cosignature line @throws AuditForked, or what kept it from an answer */
  async #ask({ url, verifier }: WitnessAddress, size: number, note: string): Promise<string> {
    const { name } = verifier;
    let old = this.#known.get(name) ?? 0;
    let isTold = false;
    for (let tries = 0; tries < ASKS_MAX; tries++) {
      const proof = await proveConsistency(this.#options.dir, old, size);
      const { status, text } = await post(
        `${url.replace(/\/$/, '')}/add-checkpoint`,
        formatAddCheckpoint({ old, proof, checkpoint: note }),
      );
      if (status === 200) {
        if (cosignedAt(textOfNote(note), text, verifier) === undefined) throw new Error('its cosignature does not hold');
        this.#known.set(name, size);
        return (
          text
            .split('\n')
            .find((line) => line.startsWith(`\u2014 ${name} `))
            ?.concat('\n') ?? ''
        );
      }
      if (status === 403 && !isTold) {
        await this.#tellHandovers(url, name, size); // it may know the log by a key from before
        isTold = true;
        continue;
      }
      if (status === 422) throw new AuditForked(name, size, `it signed ${old} entries that these do not extend`);
      const theirs = /^(0|[1-9][0-9]{0,15})\n$/.exec(text)?.[1];
      if (status !== 409 || theirs === undefined) throw new Error(`it answered ${status}`);
      const seen = Number(theirs);
      if (seen > size) {
        if (await hasEntries(this.#options.dir, seen)) throw new Error('it has signed a later checkpoint meanwhile');
        throw new AuditForked(name, size, `it has signed ${seen} entries: the log was cut back`);
      }
      if (seen === old) throw new AuditForked(name, size, 'it has signed another root of the same size');
      old = seen;
    }
    throw new Error('it changed its mind about what it has seen');
  }

  /** @throws AuditForked where the witness followed our key to another one */
  async #tellHandovers(url: string, name: string, size: number): Promise<void> {
    for (const note of inOrder((await this.#options.handovers?.()) ?? [])) {
      const { status, text } = await post(`${url.replace(/\/$/, '')}/add-handover`, note);
      if (status === 409) throw new AuditForked(name, size, 'a key of this log was handed over to another one before');
      if (status === 404) throw new Error('it takes no handovers: have its operator give it the key that keys follow prints');
      if (status !== 200) throw new Error(`it refused the handover of the audit key: ${status} ${text.trim().slice(0, REASON_MAX)}`);
    }
  }
}

/** Another process of the site may have brought a later checkpoint; the log holds those entries then. */
async function hasEntries(dir: string, size: number): Promise<boolean> {
  const reader = await EntryReader.open(dir);
  await reader.close();
  return reader.size >= size;
}

async function post(url: string, body: string): Promise<{ readonly status: number; readonly text: string }> {
  const response = await fetch(url, { method: 'POST', body, redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) });
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of response.body ?? []) {
    bytes += piece.length;
    if (bytes > ANSWER_MAX_BYTES) throw new Error('its answer is too long');
    pieces.push(piece);
  }
  return { status: response.status, text: Buffer.concat(pieces).toString('utf8') };
}

/** The checkpoint that enough witnesses signed, with their lines; undefined before the first. */
export function readWitnessed(dir: string): Promise<string | undefined> {
  return readFile(join(dir, WITNESSED_FILE), 'utf8').catch(() => undefined);
}
