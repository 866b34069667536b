/**
 * The file `first-passwords.json` of the data folder: passwords made for agents who had none, for whoever hands them out. An entry goes
 * when its agent has set a password of their own; with the last one the file goes.
 */
import { rename, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

interface Entry {
  readonly agent: string;
  readonly password: string;
}

export class FirstPasswordFile {
  readonly #path: string;
  /** Two agents may change theirs at the same moment. */
  #turn: Promise<void> = Promise.resolve();

  constructor(data: string) {
    this.#path = join(data, 'first-passwords.json');
  }

  /** Adds to what is still there. */
  async add(made: readonly Entry[]): Promise<void> {
    if (made.length > 0)
      await this.#change((entries) => [...entries.filter(({ agent }) => !made.some((each) => each.agent === agent)), ...made]);
  }

  async remove(agent: string): Promise<void> {
    await this.#change((entries) => entries.filter((entry) => entry.agent !== agent));
  }

  #change(make: (entries: readonly Entry[]) => Entry[]): Promise<void> {
    const next = this.#turn.then(async () => {
      const before = await this.#read();
      const after = make(before);
      if (after.length === 0) return before.length === 0 ? undefined : rm(this.#path, { force: true });
      await writeFile(`${this.#path}.draft`, `${JSON.stringify(after, null, 2)}\n`, { mode: 0o600 });
      await rename(`${this.#path}.draft`, this.#path);
    });
    this.#turn = next.catch(() => undefined);
    return next;
  }

  async #read(): Promise<Entry[]> {
    const text = await readFile(this.#path, 'utf8').catch(() => '[]'); // deleted by hand, as `up` asks
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) ? list.filter(isEntry) : [];
  }
}

function isEntry(entry: unknown): entry is Entry {
  return (
    typeof entry === 'object' &&
    entry !== null &&
    'agent' in entry &&
    typeof entry.agent === 'string' &&
    'password' in entry &&
    typeof entry.password === 'string'
  );
}
