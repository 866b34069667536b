/** What the page of approvals asks of the gateway; asking and deciding are audited acts there. */
import { queryOptions } from '@tanstack/react-query';
import type { Approval } from '@keepline/contracts/approvals';
import { getJson, listOf, postJson } from '../../server/http-client.ts';

export type Shown = Pick<
  Approval,
  'id' | 'act' | 'object' | 'params' | 'purpose' | 'requestedBy' | 'requestedAtMs' | 'expiresAtMs' | 'state' | 'decidedBy' | 'reason'
>;

export const approvalsQuery = queryOptions({
  queryKey: ['approvals'],
  queryFn: async () =>
    listOf<Shown>('/api/approvals', await getJson('/api/approvals'), 'id', 'act', 'object', 'params', 'purpose', 'requestedBy', 'state'),
  refetchInterval: 15_000,
});

/** @throws GatewayRefused APPROVAL_REFUSED when the rules of four eyes say no */
export async function decide(id: string, verdict: 'approve' | 'refuse', reason: string): Promise<void> {
  await postJson(`/api/approvals/${encodeURIComponent(id)}/${verdict}`, { reason });
}

export interface Wish {
  readonly act: string;
  readonly object: string;
  readonly purpose: string;
  readonly hours: number;
}

/** An act without further parameters; the console tells the whole request of any other. */
export async function request(wish: Wish): Promise<void> {
  await postJson('/api/approvals', { ...wish, params: {} });
}
