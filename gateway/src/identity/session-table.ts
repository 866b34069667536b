/** The sessions as another process sees them: rows. Taking one out ends it in the gateway at its next look, within 15 s. */
import type { Directory } from './directory.ts';
import type { IdentityStore } from './identity-store.ts';
import type { Session } from './sessions.ts';

interface Row {
  session_id: `ses-${string}`;
  user_id: string;
  from_address: string;
  opened_at_ms: number;
}

export class SessionTable {
  readonly #store: IdentityStore;
  readonly #sessions: readonly Session[];

  private constructor(store: IdentityStore, sessions: readonly Session[]) {
    this.#store = store;
    this.#sessions = sessions;
  }

  static async read(store: IdentityStore, directory: Directory): Promise<SessionTable> {
    const rows = await store.read.all<Row>('SELECT session_id, user_id, from_address, opened_at_ms FROM user_sessions');
    const sessions = rows.map((row) => ({
      id: row.session_id,
      userId: row.user_id,
      roles: directory.find(row.user_id)?.roles ?? [],
      from: row.from_address,
      openedAtMs: row.opened_at_ms,
    }));
    return new SessionTable(store, sessions);
  }

  all(): Session[] {
    return [...this.#sessions];
  }

  of(userId: string): Session[] {
    return this.#sessions.filter((session) => session.userId === userId);
  }

  async end({ id }: Session): Promise<void> {
    await this.#store.write((tx) => tx.run('DELETE FROM user_sessions WHERE session_id = ?', id));
  }
}
