/**
 * A law: every table of the database either is reached by the requests of a customer (find, export, delete), or says here why it need not be. A new
 * table, or a new sealed column, fails until somebody has decided.
 */
import { join } from 'node:path';
import { openKeyStore } from '@keepline/compliance/keys';
import { systemClock as clock } from '@keepline/contracts/clock';
import { tempDir, type TempDir } from '@keepline/testkit/temp-dir';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SealedColumns } from '../store/columns.ts';
import { Store } from '../store/store.ts';
import { allTables } from '../store/tables/all.ts';

/** Tables that `customer.ts` finds, exports and empties. */
const REACHED = ['calls', 'event_log', 'callbacks', 'recordings'];
/** The others, each with the reason. */
const NOT_REACHED: Readonly<Record<string, string>> = {
  legal_holds: 'the number under a hold stays, sealed, until the hold ends: PIPL art. 47 yields to what the law keeps',
  decisions: 'why an agent got a call: names of queues and agents, points, times; found by the id of the call, which is forgotten with it',
  talks: 'ids, kinds and policies of recordings',
  recording_reasons: 'why a call has no recording, by id',
  recording_pauses: 'times and whether agent or flow paused',
  recording_deletions: 'the certificate of a deletion must outlive it; ids only',
  contract_ends: 'when a contract ended, by id of the call; who told is of the bank',
  event_refusals: 'number and type of events, and the code of a refusal',
  audit_head: 'hashes and signatures',
  alarms: 'codes, objects of the site and texts without personal data (tested by canaries in test/abuse)',
  approvals: 'people of the bank; a customer appears by pseudonym alone',
  registrations: 'phones of agents',
  flows: 'what the bank wrote',
  sealed_tables: 'how far sealing anew has come',
  table_families: 'versions of the tables',
  downlink_decisions: 'orders of the cloud and people of the bank',
  downlink_applied: 'orders of the cloud',
  downlink_state: 'orders of the cloud',
};
/** Articles of the bank and the tables of their full-text index. */
const KNOWLEDGE = /^knowledge(_.*)?$/;
/** Accounts of the bank's own people: another law, another procedure (docs/identity.md). */
const ACCOUNTS = /^(users?|user_.*|second_factors|recovery_codes|api_tokens|sign_in_.*|four_eyes|oidc_subjects|agent_.*)$/;

let folder: TempDir;
let store: Store;
beforeAll(async () => {
  folder = tempDir();
  const keys = await openKeyStore(join(folder.path, 'keys'), { site: 'demo', clock });
  store = await Store.open(join(folder.path, 'main.db'), allTables, { columns: await SealedColumns.open(() => keys.columnKeys()) });
});
afterAll(async () => {
  await store.close();
  folder.remove();
});
const tables = async (): Promise<string[]> =>
  (
    await store.read.all<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")
  ).map(({ name }) => name);

describe('requests of a customer', () => {
  it('reach every table, or it is said why not', async () => {
    const known = new Set(await tables());
    const undecided = [...known].filter(
      (name) => !REACHED.includes(name) && NOT_REACHED[name] === undefined && !ACCOUNTS.test(name) && !KNOWLEDGE.test(name),
    );
    expect(undecided, 'reach it in gateway/src/retention/customer.ts, or name the reason here').toEqual([]);
    const gone = [...REACHED, ...Object.keys(NOT_REACHED)].filter((name) => !known.has(name));
    expect(gone, 'no such table any more').toEqual([]);
  });

  it('reach every table with sealed columns but the one of the holds', () => {
    const sealed = allTables.flatMap((family) => family.sealed ?? []).map(({ name }) => name);
    expect(sealed.length).toBeGreaterThan(3);
    expect(sealed.filter((name) => !REACHED.includes(name))).toEqual(['legal_holds']);
  });
});
