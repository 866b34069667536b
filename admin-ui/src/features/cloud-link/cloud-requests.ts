/** What the pages of the cloud link ask of the gateway; shapes are those of contracts/src/workbench.ts. */
import { queryOptions } from '@tanstack/react-query';
import type { CloudView, DownlinkView, EgressDay, ProposalReview, ReconcileReply } from '@keepline/contracts/workbench';
import { getJson, getFile, listOf, postJson, replyWith } from '../../server/http-client.ts';

/** How often a page that stands open looks again, ms. */
const LOOK_MS = 5000;

export const cloudQuery = queryOptions({
  queryKey: ['cloud'],
  queryFn: async () => replyWith<CloudView>('/api/cloud', await getJson('/api/cloud'), 'link', 'figures', 'changes', 'drill'),
  refetchInterval: LOOK_MS,
});

export async function reconcile(): Promise<ReconcileReply> {
  const path = '/api/cloud/reconcile';
  return replyWith<ReconcileReply>(path, await postJson(path), 'verdict', 'figures');
}

/** Days as `yyyy-mm-dd`, both included. */
export interface Span {
  readonly from: string;
  readonly to: string;
}

export const egressQuery = ({ from, to }: Span) =>
  queryOptions({
    queryKey: ['egress', from, to],
    queryFn: async () => {
      const path = `/api/egress?from=${from}&to=${to}`;
      return listOf<EgressDay>(path, await getJson(path), 'day', 'type', 'events', 'bytes');
    },
  });

/** CSV with the mark that makes spreadsheets read it as UTF-8. */
export function egressReport({ from, to }: Span): Promise<ArrayBuffer> {
  return getFile(`/api/egress/report?from=${from}&to=${to}`);
}

export const downlinkQuery = queryOptions({
  queryKey: ['downlink'],
  queryFn: async () => replyWith<DownlinkView>('/api/downlink', await getJson('/api/downlink'), 'proposals', 'inForce', 'refused'),
  refetchInterval: LOOK_MS,
});

export const reviewQuery = (id: string) =>
  queryOptions({
    queryKey: ['downlink', id],
    queryFn: async () => replyWith<ProposalReview>(`/api/downlink/${id}`, await getJson(`/api/downlink/${id}`), 'kind', 'changes'),
    retry: false,
  });

export async function decide(id: string, verb: 'approve' | 'reject', reason: string): Promise<void> {
  await postJson(`/api/downlink/${id}/${verb}`, { reason });
}

export async function rollBack(kind: string): Promise<void> {
  await postJson(`/api/downlink/kinds/${kind}/rollback`, { reason: '' });
}
