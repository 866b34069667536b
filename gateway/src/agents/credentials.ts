/**
 * Who an agent is, proven by a password. Verifications are expensive on purpose, so at most two run at once and a bounded number waits:
 * the thread pool also carries the database.
 */
import type { Clock } from '@keepline/contracts/clock';
import type { AgentId } from '@keepline/contracts/ids';
import type { AgentStore } from './agent-store.ts';
import { PasswordRefused, SignInBusy } from './errors.ts';
import { firstPassword } from './first-password.ts';
import { hashPassword, isOutdated, verifyPassword } from './password-hash.ts';

/** Of the four threads Node gives to work like this. */
const AT_ONCE = 2;
/** About a second and a half of waiting. */
export const WAITING_MAX = 64;
const PASSWORD_MIN = 12;
const PASSWORD_MAX = 256;

export interface FirstPassword {
  readonly agentId: AgentId;
  readonly password: string;
}

export class Credentials {
  readonly #store: AgentStore;
  readonly #clock: Clock;
  readonly #agents: ReadonlySet<AgentId>;
  readonly #waiting: Array<() => void> = [];
  #running = 0;
  /** A hash no password belongs to; unknown names are checked against it, so the time taken tells nothing. */
  #decoy: Promise<string> | undefined;

  constructor(o: { readonly store: AgentStore; readonly clock: Clock; readonly agents: readonly { readonly id: AgentId }[] }) {
    this.#store = o.store;
    this.#clock = o.clock;
    this.#agents = new Set(o.agents.map((agent) => agent.id));
  }

  isAgent(agentId: string): boolean {
    return this.#agents.has(agentId);
  }

  /**
   * Gives a password to every agent that has none and returns them: the only time they can be read. They are durable before they are
   * returned; when the caller dies in between, `renew` issues another.
   */
  async issueFirstPasswords(): Promise<FirstPassword[]> {
    const known = await this.#store.read.all<{ agent_id: string }>('SELECT agent_id FROM agent_passwords');
    const have = new Set(known.map((row) => row.agent_id));
    const missing = [...this.#agents].filter((agentId) => !have.has(agentId));
    const made = missing.map((agentId) => ({ agentId, password: firstPassword() }));
    const hashes: string[] = [];
    for (const { password } of made) hashes.push(await hashPassword(password));
    if (made.length === 0) return made;
    await this.#store.write(async (tx) => {
      for (const [i, { agentId }] of made.entries()) await tx.run(SET_HASH, agentId, hashes[i] ?? '', this.#clock.now());
    });
    return made;
  }

  /** Replaces the password by a new readable one and returns it, this once. Ends no session by itself. */
  async renew(agentId: AgentId): Promise<string> {
    const password = firstPassword();
    await this.setPassword(agentId, password);
    return password;
  }

  /** @throws PasswordRefused outside 12 to 256 characters (no other rules: NIST SP 800-63B §5.1.1.2) */
  async setPassword(agentId: AgentId, password: string): Promise<void> {
    if (password.length < PASSWORD_MIN || password.length > PASSWORD_MAX) throw new PasswordRefused(password.length);
    await this.#saveHash(agentId, await hashPassword(password));
  }

  /**
   * Whether this is the password of an agent of this site. Takes as long for names nobody has.
   * @throws SignInBusy when too many wait already
   */
  async verify(agentId: string, password: string): Promise<boolean> {
    const row = await this.#store.read.get<{ hash: string }>('SELECT hash FROM agent_passwords WHERE agent_id = ?', agentId);
    const isOurs = row !== undefined && this.isAgent(agentId);
    this.#decoy ??= hashPassword(firstPassword());
    const hash = isOurs ? row.hash : await this.#decoy;
    const matches = await this.#inTurn(() => verifyPassword(password, hash));
    if (!isOurs || !matches) return false;
    if (isOutdated(hash)) await this.#saveHash(agentId, await hashPassword(password));
    return true;
  }

  async #saveHash(agentId: AgentId, hash: string): Promise<void> {
    await this.#store.write((tx) => tx.run(SET_HASH, agentId, hash, this.#clock.now()));
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= AT_ONCE) {
      if (this.#waiting.length >= WAITING_MAX) throw new SignInBusy(this.#waiting.length);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else {
      this.#running += 1;
    }
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next)
        next(); // the turn is handed on, so nobody can slip in between
      else this.#running -= 1;
    }
  }
}

const SET_HASH = 'INSERT OR REPLACE INTO agent_passwords (agent_id, hash, changed_at_ms) VALUES (?, ?, ?)';
