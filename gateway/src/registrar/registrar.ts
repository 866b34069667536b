/**
 * The registrar of the agents' phones (RFC 3261 §10.3): who registers is asked for the secret, bindings are durable before 200 goes
 * out, and what they mean for presence is told to the house. Bounded by the agents of the site and `maxContacts` of each.
 */
import type { Clock } from '@keepline/contracts/clock';
import type { DigestSecret } from '../sip/digest.ts';
import type { DigestGuard } from '../sip/digest-guard.ts';
import type { Inbound } from '../sip/inbound.ts';
import { parseNameAddr } from '../sip/parse-header.ts';
import type { SipSource } from '../sip/transport.ts';
import type { Refusal } from '../sip/validate-request.ts';
import { parseUri } from '../sip/uri.ts';
import type { Store } from '../store/store.ts';
import { type Binding, type BindingRules, register, type Registration } from './bindings.ts';
import { deleteExpired, readBindings, writeBindings } from './binding-rows.ts';

export interface RegistrarParts {
  readonly store: Pick<Store, 'read' | 'write'>;
  readonly clock: Clock;
  readonly guard: DigestGuard;
  readonly rules: BindingRules;
  /** Agents whose phones may register; the user name of a phone is the id of its agent. */
  readonly agents: ReadonlySet<string>;
  readonly secretOf: (agentId: string) => DigestSecret | null;
  /** A guess at a secret, for whoever counts them. */
  readonly onWrong: (address: string) => void;
  /** The first phone of an agent came, or the last one went. */
  onPresence(agentId: string, isPresent: boolean): void;
  readonly onFault: (fault: unknown) => void;
}

const SWEEP_MS = 1_000;

export class Registrar {
  readonly #parts: RegistrarParts;
  readonly #bindings = new Map<string, readonly Binding[]>();
  /** One registration of an agent at a time: what a second one may do depends on the first. */
  readonly #turns = new Map<string, Promise<unknown>>();
  readonly #stopSweep: () => void;

  private constructor(parts: RegistrarParts) {
    this.#parts = parts;
    this.#stopSweep = parts.clock.every(SWEEP_MS, () => this.#sweep());
  }

  /** Takes up the bindings of before; `onPresence` is called for each agent that has one. */
  static async open(parts: RegistrarParts): Promise<Registrar> {
    const registrar = new Registrar(parts);
    for (const binding of await readBindings(parts.store.read, parts.clock.now())) {
      if (!parts.agents.has(binding.agentId)) continue; // left the site file meanwhile
      registrar.#bindings.set(binding.agentId, [...registrar.of(binding.agentId), binding]);
    }
    for (const agentId of registrar.#bindings.keys()) parts.onPresence(agentId, true);
    return registrar;
  }

  /** Live bindings of an agent. */
  of(agentId: string): readonly Binding[] {
    const nowMs = this.#parts.clock.now();
    return (this.#bindings.get(agentId) ?? []).filter(({ expiresAtMs }) => expiresAtMs > nowMs);
  }

  /** Whether a phone registered from this address: it may send requests, and is never taken for a scanner. */
  knows(address: string): boolean {
    for (const bindings of this.#bindings.values()) if (bindings.some((binding) => binding.address === address)) return true;
    return false;
  }

  /** Whose phone registered from just there. */
  agentAt({ address, port, transport }: SipSource): string | undefined {
    for (const [agentId, bindings] of this.#bindings)
      if (bindings.some((one) => one.address === address && one.port === port && one.transport === transport)) return agentId;
    return undefined;
  }

  /** Whether a call was made by the phone of that agent: null, or what it is answered (RFC 3261 §22.2). */
  prove(inbound: Inbound, agentId: string): Refusal | null {
    const { guard, secretOf, onWrong } = this.#parts;
    const proof = guard.check(inbound.request, (name) => (name === agentId ? secretOf(name) : null));
    if (proof.ok) return null;
    if (proof.why === 'wrong') onWrong(inbound.source.address);
    return proof;
  }

  get size(): number {
    let size = 0;
    for (const bindings of this.#bindings.values()) size += bindings.length;
    return size;
  }

  /** The answer to a REGISTER; never rejects. A field of a class so that the stack can be given it. */
  readonly answer = async (inbound: Inbound): Promise<Refusal> => {
    try {
      return await this.#answer(inbound);
    } catch (fault) {
      this.#parts.onFault(fault);
      return { status: 500 };
    }
  };

  close(): void {
    this.#stopSweep();
  }

  async #answer(inbound: Inbound): Promise<Refusal> {
    const { guard, agents, secretOf, onWrong, clock, rules } = this.#parts;
    const proof = guard.check(inbound.request, (name) => (agents.has(name) ? secretOf(name) : null));
    if (!proof.ok) {
      if (proof.why === 'wrong') onWrong(inbound.source.address);
      return proof;
    }
    // The one who proved who he is may move only himself (§10.3, step 4).
    if (parseUri(inbound.to.uri)?.user !== proof.username) return { status: 403 };
    const asked = readRegistration(inbound, proof.username);
    if (asked === null) return { status: 400 };
    const before = this.#turns.get(proof.username) ?? Promise.resolve();
    const turn = before.then(() => this.#apply(asked));
    const settled = turn.catch(() => {});
    this.#turns.set(proof.username, settled);
    const done = await turn.finally(() => this.#turns.get(proof.username) === settled && this.#turns.delete(proof.username));
    if (!done.ok) return { status: done.status, ...(done.status === 423 ? { headers: [['Min-Expires', `${rules.minSeconds}`]] } : {}) };
    const nowMs = clock.now();
    const contacts = done.bindings.map(
      ({ contact, expiresAtMs }) => ['Contact', `<${contact}>;expires=${Math.ceil((expiresAtMs - nowMs) / 1000)}`] as const,
    );
    const path = asked.path.map((value) => ['Path', value] as const); // RFC 3327 §5.3
    return { status: 200, headers: [...contacts, ...path, ['Date', new Date(nowMs).toUTCString()]] };
  }

  async #apply(asked: Registration): Promise<ReturnType<typeof register>> {
    const { store, rules, clock } = this.#parts;
    const done = register(this.of(asked.agentId), asked, rules, clock.now());
    if (done.ok && (asked.contacts === '*' || asked.contacts.length > 0)) {
      await store.write((tx) => writeBindings(tx, asked.agentId, done.bindings));
      this.#hold(asked.agentId, done.bindings);
    }
    return done;
  }

  #hold(agentId: string, bindings: readonly Binding[]): void {
    const was = this.#bindings.has(agentId);
    if (bindings.length > 0) this.#bindings.set(agentId, bindings);
    else this.#bindings.delete(agentId);
    if (was !== bindings.length > 0) this.#parts.onPresence(agentId, !was);
  }

  #sweep(): void {
    const { store, clock, onFault } = this.#parts;
    const nowMs = clock.now();
    const expired = [...this.#bindings].filter(([, bindings]) => bindings.some(({ expiresAtMs }) => expiresAtMs <= nowMs));
    for (const [agentId] of expired) this.#hold(agentId, this.of(agentId));
    if (expired.length > 0) store.write((tx) => deleteExpired(tx, nowMs)).catch(onFault);
  }
}

/** null when a field that says where the phone is cannot be read. */
function readRegistration(inbound: Inbound, agentId: string): Registration | null {
  const { headers } = inbound.request;
  const values = headers.list('contact');
  const path = headers.list('path');
  const expiresSeconds = secondsOf(headers.get('expires'));
  if (values === null || path === null || expiresSeconds === undefined) return null;
  const { callId, source } = inbound;
  const rest = { agentId, expiresSeconds, path, callId, cseq: inbound.cseq.number, source };
  if (values.length === 1 && values[0]?.trim() === '*') return { ...rest, contacts: '*' };
  const contacts: Array<{ uri: string; expiresSeconds: number | null }> = [];
  for (const value of values) {
    const contact = parseNameAddr(value);
    const seconds = secondsOf(contact?.params.get('expires'));
    const scheme = contact === null ? undefined : parseUri(contact.uri)?.scheme;
    if (contact === null || seconds === undefined || (scheme !== 'sip' && scheme !== 'sips')) return null;
    contacts.push({ uri: contact.uri, expiresSeconds: seconds });
  }
  return { ...rest, contacts };
}

/** null when not said, undefined when it is no number of seconds. */
function secondsOf(text: string | undefined): number | null | undefined {
  if (text === undefined) return null;
  return /^[0-9]{1,10}$/.test(text.trim()) ? Number(text) : undefined;
}
