/** What people ask of the gateway about their own account. */
import { queryOptions } from '@tanstack/react-query';
import { GatewayReplyInvalid } from '../server/errors.ts';
import { deleteJson, getJson, isRecord, listOf, postJson } from '../server/http-client.ts';

export interface OwnFactor {
  readonly id: string;
  readonly kind: string;
  readonly label: string;
  readonly createdAtMs: number;
  readonly usedAtMs: number;
  readonly driftSeconds: number;
}
export interface OwnSession {
  readonly id: string;
  readonly from: string;
  readonly openedAtMs: number;
  readonly isThis: boolean;
}

export const ownFactorsQuery = queryOptions({
  queryKey: ['own-factors'],
  queryFn: async () => {
    const body = await getJson('/api/factors');
    if (!isRecord(body) || typeof body.recoveryCodesLeft !== 'number') throw new GatewayReplyInvalid('/api/factors', 200);
    return {
      factors: listOf<OwnFactor>('/api/factors', body.factors, 'id', 'kind', 'label', 'createdAtMs', 'usedAtMs', 'driftSeconds'),
      recoveryCodesLeft: body.recoveryCodesLeft,
    };
  },
});
export const ownSessionsQuery = queryOptions({
  queryKey: ['own-sessions'],
  queryFn: async () => listOf<OwnSession>('/api/session/all', await getJson('/api/session/all'), 'id', 'from', 'openedAtMs', 'isThis'),
});

/** The other sessions of this account end. @throws GatewayRefused CURRENT_PASSWORD_WRONG, PASSWORD_REFUSED */
export async function replacePassword(current: string, next: string): Promise<void> {
  await postJson('/api/session/password', { current, next });
}

/** @throws GatewayRefused STEP_UP_NEEDED, FACTOR_UNKNOWN for the last one of a privileged account */
export async function removeFactor(id: string): Promise<void> {
  await deleteJson(`/api/factors/${encodeURIComponent(id)}`);
}

export async function endOwnSession(id: string): Promise<void> {
  await deleteJson(`/api/sessions/${encodeURIComponent(id)}`);
}
