/** Each role on each command of the socket, made from the schema of the protocol and the table of roles; and the audited acts each declares. */
import { readFileSync } from 'node:fs';
import { DESK_ASK_ACTS, type DeskAsk, DeskRequest } from '@keepline/contracts/agent-protocol';
import { AUDIT_ACTS } from '@keepline/contracts/audit-acts';
import { type Permission, permissionsOf, type Role, ROLES } from '@keepline/contracts/roles';
import { Value } from 'typebox/value';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { callIdOf, FakeCall } from '../agents/testing/desk-doubles.ts';
import { TestDesk } from '../agents/testing/test-desk.ts';
import { openSite, type TestSite } from './testing/open-site.ts';
import { enrolled, OPERATOR } from './testing/people.ts';

/** What a command needs beyond the desk itself; a new one stands here or does not compile. */
const NEEDS: Readonly<Partial<Record<DeskAsk, Permission>>> = { 'call.supervise': 'call.supervise' };
/** Roles that an agent may hold beside the desk without a second factor. */
const BESIDE: readonly Role[] = ['agent', 'supervisor', 'quality_reviewer'];

const asks = DeskRequest.anyOf.map(({ properties }) => properties.ask.const);
let site: TestSite;
beforeAll(async () => {
  site = await openSite();
  site.calls.add(callIdOf(1), new FakeCall({ callId: callIdOf(1), agentId: 'wang' }));
});
afterAll(() => site.close());

/** A request of each kind with the least that its schema asks for, on the call of another agent. */
const requests = () =>
  DeskRequest.anyOf.map((schema) => {
    const made = Value.Create(schema);
    const filled = { ...made, ...('callId' in made ? { callId: callIdOf(1) } : {}), id: 1 };
    return filled;
  });

describe('the commands of the socket', () => {
  it('each declare an audited act that exists, or none', () => {
    expect(Object.keys(DESK_ASK_ACTS).toSorted()).toEqual([...asks].toSorted());
    for (const [ask, act] of Object.entries(DESK_ASK_ACTS)) expect([ask, act === false || AUDIT_ACTS.includes(act)]).toEqual([ask, true]);
    expect(asks.length).toBeGreaterThan(24);
  });

  it('do no act that no command declares', () => {
    const text = readFileSync(new URL('../agents/desk-commands.ts', import.meta.url), 'utf8');
    const modes = ['call.monitor', 'call.whisper', 'call.barge'];
    const declared = new Set<unknown>([...Object.values(DESK_ASK_ACTS), ...modes]);
    const done = [...text.matchAll(/audited\(\s*'([a-z_.]+)'/g)].map(([, act]) => act);
    expect(done.length).toBeGreaterThan(1);
    expect(done.filter((act) => !declared.has(act))).toEqual([]);
  });

  it.each(ROLES.filter((role) => !permissionsOf([role]).has('desk.work')))('are out of reach of a %s, who has no desk', async (role) => {
    const { cookie } = await enrolled(site, `only-${role.replaceAll('_', '-')}`, [role]);
    const socket = new WebSocket(`${site.origin.replace('http', 'ws')}/ws/agent`, { headers: { cookie, origin: site.origin } });
    const status = await new Promise((resolve) => {
      socket.on('error', () => {});
      socket.once('open', () => resolve(101));
      socket.once('unexpected-response', (_request, answer) => resolve(answer.statusCode));
    });
    expect(status).toBe(403);
  });

  it.each(BESIDE)(
    'are refused to an agent who is also %s exactly where the permission is missing',
    async (role) => {
      await site.identity.accounts.setRoles(OPERATOR, 'li', role === 'agent' ? [] : [role]);
      const may = permissionsOf(['agent', role]);
      const seen: string[] = [];
      const wanted: string[] = [];
      const desk = await TestDesk.open(site.origin, await site.signedIn('li'));
      for (const request of requests()) {
        const asked = Object.fromEntries(Object.entries(request).filter(([name]) => name !== 'id')); // the desk numbers its requests
        const reply: unknown = await desk.ask(asked);
        const need = NEEDS[request.ask];
        seen.push(`${request.ask} ${JSON.stringify(reply).includes('PERMISSION_REFUSED') ? 'refused' : 'through'}`);
        wanted.push(`${request.ask} ${need === undefined || may.has(need) ? 'through' : 'refused'}`);
      }
      desk.socket.close();
      expect(seen).toEqual(wanted);
    },
    60_000,
  );
});
