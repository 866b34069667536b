/**
 * Digits that the caller keys during a talk, for a hook of the site. From before the first key until after the last the caller is mute towards
 * everybody and the recording is paused: keys that a phone sends as tones too are heard by nobody and on no tape. The agent sees how many there are.
 */
import type { Leg } from '../calls/leg.ts';
import { SecretEntryRefused } from '../calls/errors.ts';
import { beginEntry, digitsOf, type EntryInput, type SecretEntry, type SecretTerms, stepEntry } from '../calls/secret-entry.ts';
import type { House } from './house.ts';
import type { LiveCall } from './live-call.ts';

/** Without a key for so long the entry ends, ms; somebody looks for a card meanwhile. */
const KEY_WAIT_MS = 20_000;
/** An entry that is begun anew again and again ends, ms. */
const ENTRY_MAX_MS = 180_000;
/** The tone of the last key outlasts its key-down event: the caller stays mute for so long after the end, ms. */
const LAST_TONE_MS = 400;

interface Running {
  readonly hook: string;
  readonly terms: SecretTerms;
  entry: SecretEntry;
  /** The timers and the listener of the entry. */
  readonly stops: Set<() => void>;
  disarmKey: () => void;
}

export class SecretKeys {
  readonly #call: LiveCall;
  readonly #caller: Leg;
  readonly #house: House;
  #running: Running | null = null;
  /** Lets the caller be heard again; there from the mute until then. */
  #release: ((resumeTape: boolean) => void) | null = null;

  constructor(call: LiveCall, caller: Leg, house: House) {
    this.#call = call;
    this.#caller = caller;
    this.#house = house;
  }

  /** Resolves when the digits are listened for. @throws SecretEntryRefused */
  async collect(hook: string): Promise<void> {
    const { callId, state } = this.#call.facts();
    const refuse: (why: string) => never = (why) => {
      throw new SecretEntryRefused(callId, why);
    };
    if (state !== 'connected') refuse(`the call is ${state.replaceAll('_', ' ')}`);
    if (this.#running || this.#release) refuse('an entry is going on');
    const terms = this.#house.secretTerms(hook) ?? refuse('the site has no such entry for talks');
    const running: Running = { hook, terms, entry: beginEntry(), stops: new Set(), disarmKey: () => {} };
    this.#running = running;
    await this.#hush();
    if (this.#running !== running) return; // given up meanwhile
    const { clock } = this.#house;
    running.stops.add(this.#caller.onDigit((digit) => this.#feed(running, { on: 'digit', digit })));
    running.stops.add(clock.after(ENTRY_MAX_MS, () => this.#feed(running, { on: 'timeout' })));
    running.stops.add(() => running.disarmKey());
    this.#await(running);
    this.#tell();
  }

  /** @throws SecretEntryRefused when nothing is being keyed */
  abort(): void {
    if (!this.#running) throw new SecretEntryRefused(this.#call.facts().callId, 'nothing is being keyed');
    this.#feed(this.#running, { on: 'given_up', as: 'aborted' });
  }

  /** The talk is over; whoever has the caller next hears them, and the pause ends with the tape. */
  close(): void {
    if (this.#running) this.#feed(this.#running, { on: 'given_up', as: 'ended' });
    this.#release?.(false);
  }

  /** First silence, then its row: a disk that fails must not let a digit through. */
  async #hush(): Promise<void> {
    const { audio, tape } = this.#call;
    audio.mute(this.#caller, true);
    const isOurs = tape !== null && tape.isRunning && !tape.isPaused;
    const release = (resumeTape: boolean): void => {
      if (this.#release !== release) return;
      this.#release = null;
      audio.mute(this.#caller, false);
      if (resumeTape && isOurs && tape.isPaused)
        tape.resume('flow').catch((fault: unknown) => this.#house.onFault(fault, this.#call.facts().callId));
    };
    this.#release = release;
    if (!isOurs) return;
    try {
      await tape.pause('flow');
    } catch (thrown) {
      this.#running = null;
      release(true);
      throw thrown;
    }
  }

  #await(running: Running): void {
    running.disarmKey();
    running.disarmKey = this.#house.clock.after(KEY_WAIT_MS, () => this.#feed(running, { on: 'timeout' }));
  }

  #feed(running: Running, input: EntryInput): void {
    const { entry, hand } = stepEntry(running.entry, running.terms, input);
    if (entry === running.entry) return;
    running.entry = entry;
    if (entry.at === 'over') return this.#over(running);
    if (entry.at === 'keying') this.#await(running);
    this.#tell();
    if (hand === undefined) return;
    for (const stop of running.stops) stop();
    const { callId } = this.#call.facts();
    void this.#house
      .handSecret(callId, { node: nodeOf(running.hook), hook: running.hook, keyed: hand })
      .then((answer) => this.#feed(running, { on: 'answered', answer }));
  }

  #over(running: Running): void {
    if (running.entry.at !== 'over') return;
    for (const stop of running.stops) stop();
    this.#running = null;
    const { outcome } = running.entry;
    this.#house.journal.secret({ callId: this.#call.facts().callId, node: nodeOf(running.hook), outcome });
    this.#tell(outcome);
    const release = this.#release;
    this.#house.clock.after(LAST_TONE_MS, () => release?.(true)); // of no effect once the talk is over
  }

  #tell(lastSecret = this.#call.facts().lastSecret): void {
    const { state } = this.#call.facts();
    if (state !== 'connected' && state !== 'held') return;
    const running = this.#running;
    const collecting = running && {
      ...{ hook: running.hook, digits: digitsOf(running.entry), isChecking: running.entry.at === 'checking' },
    };
    this.#call.apply({ do: 'collect', collecting, lastSecret });
  }
}

/** Where it was asked for, as hook, audit log and event name it; a node of a flow has its own name. */
const nodeOf = (hook: string): string => `desk-${hook}`;
