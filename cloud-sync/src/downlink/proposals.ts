/**
 * Keeps the proposals of the cloud until the gateway has looked at them. It applies nothing. Bounded per kind by number and bytes: the
 * oldest goes first, since a newer version of its kind replaces what it proposes.
 */
import type { DownlinkEnvelope, DownlinkKind, DownlinkRefusal } from '@keepline/contracts/downlink';
import type { ProposalRow } from '@keepline/contracts/downlink-proposal';
import { numberOf, type Row, SqliteFile, type Statements, textOf } from '../sqlite/sqlite-file.ts';
import { SCHEMA } from './schema.ts';

/** All proposals of one kind together, bytes: eight of the largest. */
export const KIND_MAX_BYTES = 4_194_304;

export class Proposals {
  readonly #file: SqliteFile;
  readonly #keepPerKind: number;

  private constructor(file: SqliteFile, keepPerKind: number) {
    this.#file = file;
    this.#keepPerKind = keepPerKind;
  }

  static async open(path: string, keepPerKind: number): Promise<Proposals> {
    return new Proposals(await SqliteFile.open(path, SCHEMA), keepPerKind);
  }

  /**
   * Stores a verified envelope; durable on return. The highest version of a kind is remembered also when its proposal is dropped.
   * @returns `stored`, also for one that came again; `version_old` when its kind has had this or a higher version
   */
  keep(envelope: DownlinkEnvelope, body: string, nowMs: number): Promise<'stored' | Extract<DownlinkRefusal, 'version_old'>> {
    const { id, kind, version, key } = envelope;
    return this.#file.write(async (tx) => {
      const [last] = await tx.all('SELECT version, id FROM versions WHERE kind = ?', kind);
      if (last && textOf(last['id'] ?? null) === id && numberOf(last['version']) === version) return 'stored';
      if (last && numberOf(last['version']) >= version) return 'version_old';
      await tx.run('INSERT OR REPLACE INTO versions (kind, version, id) VALUES (?, ?, ?)', kind, version, id);
      await tx.run(
        'INSERT OR REPLACE INTO proposals (id, kind, version, key, received_ms, bytes, body) VALUES (?, ?, ?, ?, ?, ?, ?)',
        ...[id, kind, version, key, nowMs, Buffer.byteLength(body), body],
      );
      await this.#trim(tx, kind);
      return 'stored';
    });
  }

  refuse(why: DownlinkRefusal, nowMs: number): Promise<void> {
    return this.#file.write(async (tx) => {
      await tx.run(
        'INSERT INTO refusals (why, count, last_ms) VALUES (?, 1, ?) ON CONFLICT (why) DO UPDATE SET count = count + 1, last_ms = excluded.last_ms',
        why,
        nowMs,
      );
    });
  }

  /** Newest first, without their bodies. */
  list(): Promise<ProposalRow[]> {
    return this.#file.read(async (tx) => (await tx.all('SELECT * FROM proposals ORDER BY received_ms DESC, id DESC')).map(rowOf));
  }

  /** The envelope as it was signed, as JSON; undefined when it is not here. */
  body(id: string): Promise<string | undefined> {
    return this.#file.read(async (tx) => {
      const [row] = await tx.all('SELECT body FROM proposals WHERE id = ?', id);
      return row && textOf(row['body']);
    });
  }

  refusals(): Promise<Readonly<Record<string, number>>> {
    return this.#file.read(async (tx) => {
      const rows = await tx.all('SELECT why, count FROM refusals');
      return Object.fromEntries(rows.map((row) => [textOf(row['why']), numberOf(row['count'])]));
    });
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  async #trim(tx: Statements, kind: DownlinkKind): Promise<void> {
    const rows = await tx.all('SELECT id, bytes FROM proposals WHERE kind = ? ORDER BY version DESC', kind);
    let bytes = 0;
    for (const [i, row] of rows.entries()) {
      bytes += numberOf(row['bytes']);
      if (i >= this.#keepPerKind || bytes > KIND_MAX_BYTES) await tx.run('DELETE FROM proposals WHERE id = ?', textOf(row['id']));
    }
  }
}

function rowOf(row: Row): ProposalRow {
  return {
    id: textOf(row['id']),
    kind: textOf(row['kind']),
    version: numberOf(row['version']),
    key: textOf(row['key']),
    receivedMs: numberOf(row['received_ms']),
    bytes: numberOf(row['bytes']),
  };
}
