/** What the page of alarms asks of the gateway; shapes are those of contracts/src/alarms.ts. */
import { queryOptions } from '@tanstack/react-query';
import type { AlarmView } from '@keepline/contracts/alarms';
import { getJson, listOf, postJson } from '../../server/http-client.ts';

/** Where the socket is away, and for how often what stands has come again, ms. */
const LOOK_MS = 15_000;

export const alarmsQuery = queryOptions({
  queryKey: ['alarms'],
  queryFn: async () => listOf<AlarmView>('/api/alarms', await getJson('/api/alarms'), 'number', 'code', 'severity', 'raisedAtMs'),
  refetchInterval: LOOK_MS,
});

/** @param approval of the second person; '' where none is asked for */
export async function clearAlarm(number: number, reason: string, approval: string): Promise<void> {
  await postJson(`/api/alarms/${number}/clear`, { reason, ...(approval === '' ? {} : { approval }) });
}
