/** From a signed proposal to what is in force and back, on the real database; and everything that must not get that far. */
import { generateKeyPairSync } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { type DownlinkEnvelope, type DownlinkKind, pinnedKeys, pinOf, signDownlink } from '@keepline/contracts/downlink';
import { newId } from '@keepline/contracts/ids';
import { parseSite } from '@keepline/contracts/site-file';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { type TempDir, tempDir } from '@keepline/testkit/temp-dir';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkFlow } from '../ivr/flow-check.ts';
import { Roster } from '../routing/roster.ts';
import { Store } from '../store/store.ts';
import { allTables } from '../store/tables/all.ts';
import { approve, type DecisionParts, decisionOn, HISTORY_PER_KIND, reject, rollBack } from './decisions.ts';
import { flowInForce, InForce } from './in-force.ts';
import { searchKnowledge } from './knowledge.ts';
import { applyOnce } from './policy.ts';

const signer = generateKeyPairSync('ed25519');
const site = parseSite({});
const keys = pinnedKeys([pinOf('ops', signer.publicKey)]);
const clock = new FakeClock();
const flowDocument = (version: number, start = 'bye') => ({
  ...{ flow: 'main', version, language: 'zh', start, prompts: { hello: { zh: '您好', en: 'Hello' } } },
  nodes: { [start]: { do: 'hangup', prompt: 'hello' } },
});
const startedWith = checkFlow(flowDocument(1), 'test', []);

let folder: TempDir;
let store: Store;
let parts: DecisionParts;
let roster: Roster;
beforeEach(async () => {
  folder = tempDir();
  store = await Store.open(join(folder.path, 'main.db'), allTables);
  parts = { store, clock, site, keys };
  roster = new Roster(site.agents, site.queues, clock);
});
afterEach(async () => {
  roster.close();
  await store.close();
  folder.remove();
});

function signed(
  kind: DownlinkKind,
  version: number,
  payload: unknown,
  changes: Partial<DownlinkEnvelope> = {},
): { id: string; body: string } {
  const id = newId('dl', clock.now());
  const valid = { notBeforeMs: clock.now() - 1000, notAfterMs: clock.now() + 1_000_000 };
  const envelope = signDownlink({ v: 1, id, site: 'demo', kind, version, ...valid, payload, key: 'ops' }, signer.privateKey);
  return { id, body: JSON.stringify({ ...envelope, ...changes }) };
}
const skills = (version: number, ...given: string[]) =>
  signed('skills.table', version, { agents: [{ id: 'agent1', skills: given }], reason: 'more card calls at noon' });
const accept = ({ id, body }: { id: string; body: string }) => approve(parts, id, body, 'os:tester');
const follow = async (): Promise<InForce> => {
  const quiet = { info() {}, warn() {} };
  const rest = { store, clock, site, roster, log: quiet, onFault: () => {} };
  const inForce = new InForce({ ...rest, started: startedWith, siteFlow: startedWith, prompts: startedWith.prompts });
  await inForce.look();
  return inForce;
};

describe('a flow that asks for a secret', () => {
  const asking = (hook: string) => ({
    ...flowDocument(5, 'bye'),
    start: 'card',
    nodes: {
      card: { do: 'secret', prompt: 'hello', retryPrompt: 'hello', hook, accepted: 'bye', refused: 'bye', unavailable: 'bye' },
      bye: { do: 'hangup' },
    },
  });
  const suggested = (hook: string) => signed('flow.suggestion', 5, { flow: asking(hook), reason: 'ask for the card first' });

  it('may name a hook of the site, and no other', async () => {
    parts = { ...parts, site: parseSite({ secretHooks: [{ name: 'verify' }] }) };
    await expect(accept(suggested('elsewhere'))).rejects.toMatchObject({ code: 'FLOW_INVALID' });
    await accept(suggested('verify'));
    expect(await flowInForce(store.read, parts.site)).toMatchObject({ version: 5, start: 'card' });
  });
});

describe('a skills table', () => {
  it('changes what its agents can do, leaves the others, and is taken back by a rollback', async () => {
    await accept(skills(1, 'loans'));
    await accept(skills(2, 'cards', 'loans'));
    const inForce = await follow();
    expect(roster.config('agent1').skills).toEqual(['cards', 'loans']);
    expect(roster.config('agent2').skills).toEqual(site.agents[1]?.skills);
    expect(await rollBack(parts, 'skills.table')).toBe(1);
    await inForce.look();
    expect(roster.config('agent1').skills).toEqual(['loans']);
    expect(await rollBack(parts, 'skills.table')).toBe(0);
    await inForce.look();
    expect(roster.config('agent1')).toEqual(site.agents[0]);
    await expect(rollBack(parts, 'skills.table')).rejects.toMatchObject({ code: 'DOWNLINK_NOTHING_APPLIED' });
    inForce.close();
  });

  it.for([
    ['an agent the site does not have', [{ id: 'ghost', skills: ['cards'] }]],
    ['a skill the site does not know', [{ id: 'agent1', skills: ['vault'] }]],
    [
      'an agent twice',
      [
        { id: 'agent1', skills: [] },
        { id: 'agent1', skills: ['cards'] },
      ],
    ],
  ] as const)('is refused for %s', async ([, agents]) => {
    await expect(accept(signed('skills.table', 1, { agents, reason: '' }))).rejects.toMatchObject({ code: 'DOWNLINK_NOT_PERMITTED' });
    expect(await store.read.all('SELECT * FROM downlink_state')).toEqual([]);
  });
});

describe('the check of the gateway itself', () => {
  it.for<[string, Partial<DownlinkEnvelope>, string]>([
    ['a changed payload', { payload: { agents: [{ id: 'agent1', skills: [] }], reason: '' } }, 'signature_wrong'],
    ['a raised version', { version: 9 }, 'signature_wrong'],
    ['a longer validity', { notAfterMs: 9_000_000_000_000 }, 'signature_wrong'],
    ['a key that is not pinned', { key: 'other' }, 'key_unknown'],
    ['another site', { site: 'north' }, 'other_site'],
  ])('refuses %s, whatever cloud-sync let through', async ([, changes, why]) => {
    const { id, body } = signed('skills.table', 1, { agents: [{ id: 'agent1', skills: ['cards'] }], reason: '' }, changes);
    await expect(approve(parts, id, body, 'os:tester')).rejects.toMatchObject({ code: 'DOWNLINK_NOT_TRUSTED', offending: why });
  });

  it('refuses an envelope under another name, an old version, a repeat, and what has expired', async () => {
    const first = skills(5, 'cards');
    await expect(approve(parts, newId('dl', 1), first.body, 'x')).rejects.toMatchObject({ offending: 'other_id' });
    await accept(first);
    await expect(accept(first)).rejects.toMatchObject({ code: 'DOWNLINK_DECIDED' });
    await expect(accept(skills(5, 'loans'))).rejects.toMatchObject({ offending: 'version_old' });
    await rollBack(parts, 'skills.table');
    await expect(accept(skills(4, 'loans'))).rejects.toMatchObject({ offending: 'version_old' });
    const late = skills(6, 'loans');
    clock.advance(2_000_000);
    await expect(accept(late)).rejects.toMatchObject({ offending: 'expired' });
  });

  it('keeps a rejection with its reason, and a rejected proposal cannot be approved', async () => {
    const proposal = skills(1, 'cards');
    await reject(parts, { id: proposal.id, kind: 'skills.table', version: 1 }, 'os:tester', 'not at month end');
    await expect(accept(proposal)).rejects.toMatchObject({ code: 'DOWNLINK_DECIDED' });
    expect(await decisionOn(store.read, proposal.id)).toEqual({ decision: 'rejected', who: 'os:tester', reason: 'not at month end' });
  });

  it('keeps a bounded history', async () => {
    for (let version = 1; version <= HISTORY_PER_KIND + 4; version++) await accept(skills(version, 'cards'));
    expect(await store.read.all('SELECT version FROM downlink_applied')).toHaveLength(HISTORY_PER_KIND);
  });
});

describe('a flow suggestion', () => {
  it('becomes the flow of new calls, is found at the next start, and can be taken back', async () => {
    const inForce = await follow();
    const before = inForce.flow();
    await accept(signed('flow.suggestion', 1, { flow: flowDocument(2, 'goodbye'), reason: 'shorter' }));
    await inForce.look();
    expect(inForce.flow()).toMatchObject({ version: 2, start: 'goodbye' });
    expect(before).toMatchObject({ version: 1 }); // what a call in progress holds is not touched
    expect(await flowInForce(store.read, site)).toMatchObject({ version: 2 });
    await rollBack(parts, 'flow.suggestion');
    await inForce.look();
    expect(inForce.flow()).toEqual(startedWith);
    inForce.close();
  });

  it('that the flow checker refuses is not published, and one with new prompts waits for the next start', async () => {
    await expect(
      accept(signed('flow.suggestion', 1, { flow: { ...flowDocument(2), start: 'nowhere' }, reason: '' })),
    ).rejects.toMatchObject({
      code: 'FLOW_INVALID',
    });
    expect(await store.read.all('SELECT * FROM flows')).toEqual([]);
    await accept(signed('flow.suggestion', 2, { flow: { ...flowDocument(3), prompts: { hello: { zh: '喂', en: 'Hi' } } }, reason: '' }));
    const inForce = await follow();
    expect(inForce.flow()).toEqual(startedWith);
    expect(await flowInForce(store.read, site)).toMatchObject({ version: 3 });
    inForce.close();
  });
});

describe('a knowledge snapshot', () => {
  const article = (id: string, title: string, body: string) => ({ id, title, body, language: 'zh' });
  const snapshot = (version: number, ...articles: object[]) => signed('knowledge.snapshot', version, { articles });

  it('is found by Chinese words of two and of more characters, and is replaced and restored as a whole', async () => {
    await accept(
      snapshot(1, article('loss', '信用卡挂失', '客户挂失信用卡时，先核实身份，再冻结卡片。'), article('fee', '年费', '首年免年费。')),
    );
    const ids = async (query: string) => (await searchKnowledge(store.read, query, 10)).map(({ id }) => id);
    expect(await ids('挂失')).toEqual(['loss']);
    expect(await ids('信用卡')).toEqual(['loss']);
    expect(await ids('冻结卡片 身份')).toEqual(['loss']);
    expect(await ids('年费')).toEqual(['fee']);
    expect(await ids('"OR" 100% NEAR(')).toEqual([]);
    expect(await ids('%')).toEqual([]);
    await accept(snapshot(2, article('new', '新规', '挂失流程已更新')));
    expect(await ids('挂失')).toEqual(['new']);
    await rollBack(parts, 'knowledge.snapshot');
    expect(await ids('挂失')).toEqual(['loss']);
  });
});

describe('the policy of the site', () => {
  it('applies the kinds it names, audited, rejects what does not pass, and leaves the others to a person', async () => {
    const good = skills(3, 'loans');
    const flow = signed('flow.suggestion', 1, { flow: flowDocument(2), reason: '' });
    const forged = signed('knowledge.snapshot', 1, { articles: [] }, { version: 2 });
    const held = new Map([good, flow, forged].map(({ id, body }) => [id, body] as const));
    const socketPath = join(folder.path, 'sync.sock');
    const server = await cloudSyncWith(held, socketPath);
    const acts: string[] = [];
    const options = {
      ...parts,
      clock,
      socketPath,
      kinds: ['skills.table', 'knowledge.snapshot'] as Array<'skills.table' | 'knowledge.snapshot'>,
      audited: async (act: string, object: string, run: () => Promise<void>) => {
        acts.push(`${act} ${object}`);
        await run();
      },
      onFault: () => {},
    };
    try {
      await applyOnce(options);
      await applyOnce(options); // a second look decides nothing anew
    } finally {
      server.close();
    }
    expect(acts).toEqual([`downlink.approve ${good.id}`, `downlink.approve ${forged.id}`, `downlink.reject ${forged.id}`]);
    expect(await decisionOn(store.read, good.id)).toMatchObject({ decision: 'approved', who: 'gateway' });
    expect(await decisionOn(store.read, forged.id)).toMatchObject({ decision: 'rejected' });
    expect(await decisionOn(store.read, flow.id)).toBeUndefined();
  });
});

/** The two routes of `cloud-sync`, which here tells and hands out whatever it likes. */
async function cloudSyncWith(held: ReadonlyMap<string, string>, socketPath: string): Promise<Server> {
  const rows = [...held].map(([id, body]) => {
    const { kind, version, key }: DownlinkEnvelope = JSON.parse(body);
    return { id, kind, version, key, receivedMs: 1, bytes: body.length };
  });
  const server = createServer((request, response) => {
    const id = request.url?.slice('/downlink/'.length) ?? '';
    response.end(request.url === '/downlink' ? JSON.stringify({ proposals: rows, refused: {} }) : held.get(id));
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return server;
}
