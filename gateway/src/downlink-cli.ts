/**
 * `./keepline downlink list | show | approve | reject | rollback`: what the cloud proposes, decided by a person beside the running gateway,
 * which follows within a second. Every decision is an audited act.
 */
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { databaseOf, openSiteConsole } from '@keepline/compliance/console';
import type { AuditAct } from '@keepline/contracts/audit-acts';
import { systemClock as clock } from '@keepline/contracts/clock';
import { endWith } from '@keepline/contracts/command-end';
import { DOWNLINK_KINDS, pinnedKeys } from '@keepline/contracts/downlink';
import { readSiteOf } from '@keepline/contracts/site-file';
import { listProposals, readProposal } from './downlink/cloud-proposals.ts';
import { approve, checkProposal, decisionOn, type DecisionParts, reject, rollBack } from './downlink/decisions.ts';
import { DownlinkUnknown } from './downlink/errors.ts';
import { Store } from './store/store.ts';
import { allTables } from './store/tables/all.ts';

const USAGE = `usage: ./keepline downlink list [--json]
       ./keepline downlink show ID
       ./keepline downlink approve ID
       ./keepline downlink reject ID --reason TEXT
       ./keepline downlink rollback ${DOWNLINK_KINDS.join('|')} [--reason TEXT]

  --data DIR   data folder of the site; var by default
  --site FILE  its settings; DIR/site.yaml by default`;
const ROOT_DATA = fileURLToPath(new URL('../../var', import.meta.url));

interface Desk extends DecisionParts {
  readonly socketPath: string;
  readonly who: string;
  audited(act: AuditAct, object: string, purpose: string, run: () => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

async function openDesk(data: string, siteFile: string | undefined): Promise<Desk> {
  const path = databaseOf(data);
  const site = readSiteOf(data, siteFile);
  const { actor, audited, close } = await openSiteConsole(data);
  const store = await Store.open(path, allTables);
  return {
    ...{ store, clock, site, who: actor.who, keys: pinnedKeys(site.downlink.keys), socketPath: join(data, 'run/cloud-sync.sock') },
    audited,
    async close() {
      await store.close();
      await close();
    },
  };
}

async function list(desk: Desk, json: boolean): Promise<void> {
  const { proposals, refused } = await listProposals(desk.socketPath);
  const rows = await Promise.all(
    proposals.map(async (row) => ({ ...row, decision: (await decisionOn(desk.store.read, row.id))?.decision ?? 'waiting' })),
  );
  const inForce = await desk.store.read.all<{ kind: string; version: number }>(
    'SELECT kind, current_version AS version FROM downlink_state ORDER BY kind',
  );
  if (json) return console.log(JSON.stringify({ proposals: rows, inForce, refused }));
  for (const { id, kind, version, decision, receivedMs } of rows)
    console.log(
      `${new Date(receivedMs).toISOString().slice(0, 19)}  ${id}  ${kind.padEnd(18)} ${String(version).padStart(12)}  ${decision}`,
    );
  if (rows.length === 0) console.log('no proposals');
  for (const { kind, version } of inForce) console.log(`in force: ${kind} ${version === 0 ? '(site file)' : version}`);
  for (const [why, count] of Object.entries(refused)) console.log(`refused: ${count} × ${why}`);
}

async function show(desk: Desk, id: string): Promise<void> {
  const body = await readProposal(desk.socketPath, id);
  const envelope = checkProposal(desk, id, body);
  console.log(JSON.stringify(envelope, null, 2));
  console.error(`signature of ${envelope.key} verified by this site; valid until ${new Date(envelope.notAfterMs).toISOString()}`);
}

async function decide(desk: Desk, verb: string, word: string, reason: string): Promise<void> {
  if (verb === 'approve') {
    const body = await readProposal(desk.socketPath, word);
    await desk.audited('downlink.approve', word, reason, async () => void (await approve(desk, word, body, desk.who)));
    return console.log(`approved: ${word}; the gateway follows within a second`);
  }
  if (verb === 'reject') {
    const row = (await listProposals(desk.socketPath)).proposals.find(({ id }) => id === word);
    if (!row) throw new DownlinkUnknown(word);
    await desk.audited('downlink.reject', word, reason, () => reject(desk, row, desk.who, reason));
    return console.log(`rejected: ${word}`);
  }
  const kind = DOWNLINK_KINDS.find((known) => known === word) ?? 'flow.suggestion';
  await desk.audited('downlink.rollback', kind, reason, async () => {
    const version = await rollBack(desk, kind);
    console.log(version === 0 ? `${kind}: the site file rules again` : `${kind}: version ${version} is in force again`);
  });
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      data: { type: 'string' },
      site: { type: 'string' },
      reason: { type: 'string', default: '' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const [verb = '', word = ''] = positionals;
  const { reason } = values;
  const sound =
    verb === 'list' ||
    (['show', 'approve'].includes(verb) && word !== '') ||
    (verb === 'reject' && word !== '' && reason !== '') ||
    (verb === 'rollback' && DOWNLINK_KINDS.some((kind) => kind === word));
  if (values.help || !sound) {
    (values.help ? console.log : console.error)(USAGE);
    return values.help ? 0 : 2;
  }
  const desk = await openDesk(resolve(values.data ?? ROOT_DATA), values.site);
  try {
    if (verb === 'list') await list(desk, values.json);
    else if (verb === 'show') await show(desk, word);
    else await decide(desk, verb, word, reason);
  } finally {
    await desk.close();
  }
  return 0;
}

await endWith(main, USAGE);
