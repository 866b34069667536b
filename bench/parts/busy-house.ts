/**
 * A site with calls in progress, in a process of its own so that its soft phones do not slow down what is measured beside it. Started by a
 * bench as `fork(busy-house.ts, [calls])`: says where the site is once all calls talk, waits for a message, says what became of them.
 */
import { callAndChoose, CUSTOMER_HZ, hears } from '@keepline/testkit/customer';
import { eventually } from '@keepline/testkit/eventually';
import { query } from '@keepline/testkit/site-database';
import { Softphone } from '@keepline/testkit/softphone';
import { PHONE_AGENT_HZ, staffedSite } from '@keepline/testkit/staffed-site';

/** First message: every call is answered and both sides hear each other. */
export interface HouseIsBusy {
  readonly address: string;
  readonly port: number;
}
/** Second message, after the house was asked to end. */
export interface HouseWasBusy {
  /** Calls in which both still heard each other at the end. */
  readonly talking: number;
  readonly recorded: number;
}

const calls = Number(process.argv[2] ?? 20);
const house = await staffedSite(calls, { sip: { trunks: [{ name: 'bench', maxCalls: 5000, maxCallsPerSecond: 1000 }] } });
const phone = await Softphone.open();
try {
  const ended = new Promise((resolve) => process.once('message', resolve).once('disconnect', resolve));
  const talks = await Promise.all(
    Array.from({ length: calls }, async (_, i) => callAndChoose(phone, house.site, { number: `138${String(i).padStart(8, '0')}` })),
  );
  await eventually('every call is answered', () => house.answered.length === calls);
  const voices = (): Array<Promise<boolean>> => [
    ...talks.map((talk) => hears(talk, PHONE_AGENT_HZ)),
    ...house.answered.map((talk) => hears(talk, CUSTOMER_HZ)),
  ];
  await Promise.all(voices());
  process.send?.(house.site.place.sip satisfies HouseIsBusy);
  await ended;

  const heard = await Promise.allSettled(voices());
  const isHeard = (i: number): boolean => heard[i]?.status === 'fulfilled' && heard[i + calls]?.status === 'fulfilled';
  const talking = talks.filter((_, i) => isHeard(i)).length;
  await Promise.all(talks.map((talk) => talk.hangup()));
  const { data } = house.site.place;
  const [row] = await eventually('every recording is closed', async () => {
    const [open] = await query<{ n: number }>(data, `SELECT count(*) AS n FROM recordings WHERE state = 'open'`);
    return open?.n === 0 && query<{ n: number }>(data, `SELECT count(*) AS n FROM recordings WHERE state = 'complete'`);
  });
  process.send?.({ talking, recorded: row?.n ?? 0 } satisfies HouseWasBusy);
} finally {
  await phone.close();
  await house.close();
  if (process.connected) process.disconnect();
}
