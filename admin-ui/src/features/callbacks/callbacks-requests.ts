/** What the page of call-backs asks of the gateway; shapes are those of contracts/src/callbacks.ts. Each look is an audited act, so there is no polling. */
import { queryOptions } from '@tanstack/react-query';
import type { CallbackView } from '@keepline/contracts/callbacks';
import { getJson, listOf, postJson } from '../../server/http-client.ts';

const PATH = '/api/callbacks';

export const callbacksQuery = queryOptions({
  queryKey: ['callbacks'],
  queryFn: async () => listOf<CallbackView>(PATH, await getJson(PATH), 'id', 'kind', 'queue', 'number', 'dueAtMs', 'tries'),
  refetchOnWindowFocus: false,
});

export async function cancelCallback(id: string, reason: string): Promise<void> {
  await postJson(`${PATH}/${encodeURIComponent(id)}/cancel`, { reason });
}
