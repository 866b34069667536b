/** Call-backs over the door: supervisors see them with masked numbers and take them off the list with a reason; nobody else does. */
import { CallbackView } from '@keepline/contracts/callbacks';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CallbackUnknown } from '../callback/errors.ts';
import type { OwedCall } from './api-parts.ts';
import { openSite, type TestSite } from './testing/open-site.ts';
import { enrolled, headersOf, type Person } from './testing/people.ts';

const ID = 'cb-018f0000-0000-7000-8000-000000000001';
const owed = new Map<string, OwedCall>([
  [
    ID,
    {
      ...{ id: ID, kind: 'scheduled', queue: 'service', skill: '', agentId: 'li', number: '13812345678', note: '对账单' },
      ...{ madeAtMs: 1, dueAtMs: 2, tries: 1, state: 'calling' },
    },
  ],
]);
let site: TestSite;
let supervisor: Person;
beforeAll(async () => {
  site = await openSite({
    callbacks: {
      list: async () => [...owed.values()],
      async cancel(id) {
        if (!owed.delete(id)) throw new CallbackUnknown(id);
      },
    },
  });
  supervisor = await enrolled(site, 'sup', ['supervisor']);
}, 60_000);
afterAll(() => site.close());

describe('call-backs at the door', () => {
  it('are shown to a supervisor with masked numbers, and cancelled with a reason; both are in the audit log', async () => {
    const { json, text } = await site.ask('GET', '/api/callbacks', headersOf(supervisor));
    const { state: _, ...shown } = { ...owed.get(ID), number: '138******78', isCalling: true };
    expect(Value.Parse(Type.Array(CallbackView), json)).toEqual([shown]);
    expect(text).not.toContain('13812345678');
    const cancel = (body: object, id = ID) => site.ask('POST', `/api/callbacks/${id}/cancel`, { ...headersOf(supervisor), body });
    expect((await cancel({ reason: '' })).code).toBe('REQUEST_INVALID');
    expect((await cancel({ reason: 'x' }, 'call-1')).code).toBe('REQUEST_INVALID');
    expect((await cancel({ reason: 'customer came to the counter' })).status).toBe(204);
    const again = await cancel({ reason: 'again' });
    expect([again.status, again.code]).toEqual([404, 'CALLBACK_UNKNOWN']);
    expect(site.acts.filter(({ act }) => act.startsWith('callback.'))).toMatchObject([
      { act: 'callback.list', who: 'sup', object: 'callbacks', outcome: 'done' },
      { act: 'callback.cancel', who: 'sup', object: ID, purpose: 'customer came to the counter', outcome: 'done' },
      { act: 'callback.cancel', who: 'sup', object: ID, outcome: 'failed' },
    ]);
  });

  it('are nobody else’s: an agent is refused', async () => {
    const headers = { headers: { cookie: await site.signedIn('li') } };
    expect((await site.ask('GET', '/api/callbacks', headers)).code).toBe('PERMISSION_REFUSED');
  });
});
