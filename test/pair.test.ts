/**
 * Two appliances and a witness as machines of their own (network namespaces on one switch): the real daemons, gateways, cloud-syncs, keepalived and
 * a real nats-server. Calls go to the one address whoever serves. The active one loses its power, hands over on order, is cut off.
 */
import { join } from 'node:path';
import { readdirSync } from 'node:fs';
import { CUSTOMER_HZ, callAndChoose, hears } from '@keepline/testkit/customer';
import { eventually } from '@keepline/testkit/eventually';
import { whyNoNamespaces } from '@keepline/testkit/namespaces';
import type { PhoneCall } from '@keepline/testkit/phone-call';
import { eventsOf, query } from '@keepline/testkit/site-database';
import { Softphone } from '@keepline/testkit/softphone';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PHONE_HZ, PairSite } from './pair-site.ts';

const cannot = whyNoNamespaces();
const LIMIT_MS = 90_000;
/** Of a cloud that has exactly what the site has for it. */
const NOTHING: { twice: string[]; unknown: string[]; outOfOrder: string[]; missing: number } = {
  twice: [],
  unknown: [],
  outOfOrder: [],
  missing: 0,
};

it.runIf(cannot !== undefined && process.env['CI'] !== undefined)('machines can be joined in CI', () => {
  expect.fail(cannot);
});

describe.skipIf(cannot !== undefined)(`a pair of appliances${cannot === undefined ? '' : ` (${cannot})`}`, () => {
  let pair: PairSite;
  let customer: Softphone;
  let tookOverAt = Infinity;
  let active: 'a' | 'b' = 'a';

  beforeAll(async () => {
    pair = await PairSite.open();
    customer = await Softphone.open(pair.net.here);
    await ready('a');
  }, 240_000);
  afterAll(async () => {
    await customer?.close();
    await pair?.close();
  }, 60_000);

  it('serves one address from one appliance, and only that one talks to the cloud', async () => {
    const call = await talk();
    await call.hangup();
    expect(await pair.status('b')).toMatchObject({ role: 'standby', data: 'copy', votes: {} });
    expect([pair.net.holds('a'), pair.net.holds('b')]).toEqual([true, false]);
    expect(await cloudLacksOf('a')).toEqual(NOTHING);
    expect(await pair.linkAnswers('b')).toBe(false);
  }, 120_000);

  it('takes new calls by itself after the active one lost its power, and lost nothing beyond the bound', async () => {
    const call = await talk();
    await eventually('the recording arrived on b', () =>
      readdirSync(join(pair.data('b'), 'recordings')).some((name) => name.endsWith('.part')),
    );
    await ready('a');
    const last = await callAndChoose(customer, { place: { sip: pair.sip } });
    const fromMs = Date.now(); // what the second call left is too new to be on b
    pair.net.powerOff('a');
    await newCall();
    console.log(
      `a new call is answered ${((Date.now() - fromMs) / 1000).toFixed(1)} s after the active one lost its power (lease ${pair.leaseSeconds} s)`,
    );
    for (const cut of [call, last]) await cut.hangup().catch(() => {});
    expect(await pair.status('b')).toMatchObject({ role: 'serving', servedLast: 'b' });

    tookOverAt = Date.now();

    const before = await eventsOf(pair.data('a'));
    const owed = before.filter(({ id }) => timeOf(id) < fromMs - pair.lossBoundSeconds * 1000);
    const went = new Set((await eventsOf(pair.data('b'))).map(({ id }) => id));
    expect(owed.filter(({ id }) => !went.has(id))).toEqual([]);
    const audit = await pair.auditOf('a');
    const goesOn = await pair.auditOf('b');
    const common = audit.findIndex(({ correlation, time }, i) => goesOn[i]?.correlation !== correlation || goesOn[i]?.time !== time);
    const lostAudit = common < 0 ? [] : audit.slice(common);
    expect(lostAudit.filter(({ time }) => Date.parse(time) < fromMs - pair.lossBoundSeconds * 1000)).toEqual([]);
    console.log(
      `of ${before.length} events ${before.filter(({ id }) => !went.has(id)).length} and ${lostAudit.length} audit entries went with a`,
    );
    const interrupted = async (): Promise<boolean> => {
      const [row] = await query<{ n: number }>(pair.data('b'), `SELECT count(*) AS n FROM recordings WHERE state = 'interrupted'`);
      return row?.n === 1;
    };
    await eventually('the recording that a began is closed', interrupted, LIMIT_MS, 200);
  }, 180_000);

  it('reaches the phone of the agent at once: where it is was copied', async () => {
    const call = await talk();
    await call.hangup();
    expect(await bindings('b')).toHaveLength(1);
  }, 180_000);

  it('goes on in the stream after the last event that arrived: none twice, none missing', async () => {
    expect(await cloudLacksOf('b')).toEqual(NOTHING);
  }, 120_000);

  it('lets the one that comes back stand by, with what it had set aside, and hand over on order, which is in the audit log', async () => {
    pair.boot('a');
    await ready('b');
    expect(readdirSync(join(pair.folder('a'), 'work')).filter((name) => name.startsWith('aside-'))).toHaveLength(1);
    await expect(pair.command('a', 'failback')).rejects.toThrow('PAIR_REFUSED');
    await pair.command('b', 'failback', '--purpose', 'mended');
    await eventually('a serves', async () => (await pair.status('a'))?.role === 'serving', LIMIT_MS, 200);
    await newCall();
    expect(await pair.status('b')).toMatchObject({ role: 'standby' });
    const told = await eventually(
      'the takeovers are in the log',
      async () => {
        const acts = (await pair.auditOf('a')).filter(({ act, outcome }) => act.startsWith('pair.') && outcome === 'done');
        return acts.length >= 3 ? acts.map(({ act, object, purpose }) => [act, object.split(':', 2).join(':'), purpose]) : undefined;
      },
      LIMIT_MS,
      300,
    );
    expect(told).toEqual([
      ['pair.takeover', 'pair:b', 'holds two votes of three'],
      ['pair.failback', 'pair:b', 'mended'],
      ['pair.takeover', 'pair:a', 'holds two votes of three'],
    ]);
    expect(await pair.auditVerifies('a')).toBe(true);
    expect(await cloudLacksOf('a')).toEqual(NOTHING);
  }, 180_000);

  it('starts a gateway that was killed again, without a change of who serves', async () => {
    const term = (await pair.status('a'))?.term;
    const pid = pair.kill('a', 'gateway');
    await eventually(
      'there is another one',
      () => pair.net.pidsOf('a', 'gateway/src/main.ts').some((other) => other !== pid),
      LIMIT_MS,
      50,
    );
    await newCall();
    expect(await pair.status('a')).toMatchObject({ role: 'serving', term });
  }, 120_000);

  it('loses its gateway with its own daemon, and a site is served again by one of the two', async () => {
    await ready('a');
    const [gateway = 0] = pair.net.pidsOf('a', 'gateway/src/main.ts');
    expect(pair.kill('a', 'pair daemon')).toBeGreaterThan(0);
    await eventually('its gateway is gone', () => !pair.net.pidsOf('a', 'gateway/src/main.ts').includes(gateway), LIMIT_MS, 50);
    await newCall();
    const roles = await Promise.all([pair.status('a'), pair.status('b')]);
    expect(roles.filter((status) => status?.role === 'serving')).toHaveLength(1);
    active = roles[0]?.role === 'serving' ? 'a' : 'b';
  }, 120_000);

  it('stops when it is cut from both others, and only the other one goes on', async () => {
    const [cut, goesOn] = [active, active === 'a' ? 'b' : 'a'] as const;
    await ready(cut);
    pair.net.unplug(cut);
    const both: string[] = [];
    await eventually(
      `${goesOn} serves`,
      async () => {
        const roles = [(await pair.status(cut))?.role, (await pair.status(goesOn))?.role];
        if (roles.every((role) => role !== 'standby')) both.push(roles.join());
        return roles[1] === 'serving';
      },
      LIMIT_MS,
      50,
    );
    expect(both).toEqual([]);
    active = goesOn;
    await eventually('the gateway that was cut off is gone', async () => !(await pair.gatewayAnswers(cut)), LIMIT_MS, 100);
    await eventually('it let go of the address', () => !pair.net.holds(cut), LIMIT_MS, 100);
    await newCall();
    expect(await cloudLacksOf(active)).toEqual(NOTHING);
  }, 180_000);

  it('is found by the phone of the agent again, without anybody touching it', async () => {
    const again = (): Promise<boolean> => bindings(active).then(([phone]) => (phone?.refreshed_at_ms ?? 0) > tookOverAt);
    expect(await eventually('the phone has registered again', again, LIMIT_MS, 300)).toBe(true);
    const call = await talk();
    await call.hangup();
  }, 180_000);

  it('serves with no vote but its own when a person answers for it, and never before', async () => {
    const [dies, goesOn] = [active, active === 'a' ? 'b' : 'a'] as const;
    pair.net.plug(goesOn);
    await ready(dies);
    pair.net.powerOff(dies);
    pair.net.unplug('witness');
    await pair.command(goesOn, 'promote', '--accept-loss', '--purpose', 'tried first');
    const term = (await pair.status(goesOn))?.term ?? 0;
    await eventually(
      'it has asked twice and got no second vote',
      async () => ((await pair.status(goesOn))?.term ?? 0) > term + 1,
      LIMIT_MS,
      100,
    );
    expect(await pair.status(goesOn)).toMatchObject({ role: 'standby', servedLast: dies });
    await pair.command(goesOn, 'promote', '--other-is-off', '--purpose', 'Li and Wang: the other is unplugged');
    await newCall();
    expect(await pair.status(goesOn)).toMatchObject({ role: 'serving' });
    const orders = async (): Promise<unknown[]> =>
      (await pair.auditOf(goesOn)).filter(({ act, outcome }) => act === 'pair.promote' && outcome === 'done').map(({ purpose }) => purpose);
    await eventually('the orders are in the log', async () => (await orders()).length === 2, LIMIT_MS, 300);
    expect(await orders()).toEqual(['tried first', 'Li and Wang: the other is unplugged']);
  }, 180_000);

  /** The one that serves has a peer that could go on at once. */
  const ready = (node: 'a' | 'b'): Promise<unknown> =>
    eventually(`${node} is copied`, async () => (await pair.status(node))?.fresh, 90_000, 200);

  const bindings = (node: 'a' | 'b'): Promise<Array<{ refreshed_at_ms: number }>> =>
    query(pair.data(node), 'SELECT refreshed_at_ms FROM registrations');

  async function talk(): Promise<PhoneCall> {
    const call = await callAndChoose(customer, { place: { sip: pair.sip } });
    await hears(call, PHONE_HZ);
    return call;
  }

  /** Callers who dial, one more each second, until one of them is answered; the others give up. */
  async function newCall(): Promise<void> {
    const phones: Softphone[] = [];
    const answered = Promise.withResolvers<PhoneCall>();
    const dial = async (): Promise<void> => {
      const phone = await Softphone.open(pair.net.here);
      phones.push(phone);
      const call = await phone.place(pair.sip, '95000', { says: [CUSTOMER_HZ], number: '13800138000' });
      call.answered.then(
        () => answered.resolve(call),
        () => {},
      ); // refused by a site that is still beginning
    };
    await dial();
    const more = setInterval(() => void dial(), 1000);
    const limit = setTimeout(() => answered.reject(new Error(`no call is answered within ${LIMIT_MS} ms`)), LIMIT_MS);
    try {
      await answered.promise;
    } finally {
      for (const phone of phones) void phone.close(); // the one that talks, too: it was answered, that is all
      clearInterval(more);
      clearTimeout(limit);
    }
  }

  /** The stream of the cloud, once it is as long as the site has events for it, beside them: each once and in its order? */
  async function cloudLacksOf(node: 'a' | 'b'): Promise<typeof NOTHING> {
    const ids = await eventually(
      'everything has arrived',
      async () => {
        const arrived = await pair.inCloud();
        return arrived.length >= (await pair.produced(node)) && arrived;
      },
      LIMIT_MS,
      300,
    );
    const inSite = (await eventsOf(pair.data(node))).map(({ id }) => id);
    const ours = new Set(inSite);
    const inOrder = inSite.filter((id) => ids.includes(id));
    return {
      twice: ids.filter((id, i) => ids.indexOf(id) !== i),
      unknown: ids.filter((id) => !ours.has(id)),
      outOfOrder: ids.filter((id) => ours.has(id)).filter((id, i) => inOrder[i] !== id),
      missing: (await pair.produced(node)) - ids.length,
    };
  }
});

/** Ids begin with their time (UUID version 7, RFC 9562 §5.7), ms. */
const timeOf = (id: string): number =>
  Number.parseInt(
    id
      .slice(id.indexOf('-') + 1)
      .replaceAll('-', '')
      .slice(0, 12),
    16,
  );
