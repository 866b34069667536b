/** What the page of accounts asks of the gateway; each is an audited act there. */
import { queryOptions } from '@tanstack/react-query';
import { deleteJson, getJson, isRecord, listOf, postJson, putJson, replyWith } from '../../server/http-client.ts';

export interface Account {
  readonly id: string;
  readonly name: string;
  readonly roles: readonly string[];
  readonly isDisabled: boolean;
  readonly isLocked: boolean;
  readonly hasFactor: boolean;
  readonly origin: string;
}
export interface OpenSession {
  readonly id: string;
  readonly user: string;
  readonly from: string;
  readonly openedAtMs: number;
  readonly isThis: boolean;
}
/** Shown once. */
export interface Enrolment {
  readonly user: string;
  readonly code: string;
}

/** Somebody of the identity provider; `user` is '' while no account is theirs. */
export interface Subject {
  readonly id: string;
  readonly subject: string;
  readonly claimedName: string;
  readonly seenAtMs: number;
  readonly user: string;
  readonly boundBy: string;
}

export const accountsQuery = queryOptions({
  queryKey: ['users'],
  queryFn: async () => listOf<Account>('/api/users', await getJson('/api/users'), 'id', 'name', 'roles', 'isDisabled', 'isLocked'),
});
export const sessionsQuery = queryOptions({
  queryKey: ['sessions'],
  queryFn: async () => listOf<OpenSession>('/api/sessions', await getJson('/api/sessions'), 'id', 'user', 'from', 'openedAtMs'),
});

/** `null` where the site has no identity provider. */
export const subjectsQuery = queryOptions({
  queryKey: ['oidc-subjects'],
  queryFn: async () => {
    const ways = await getJson('/api/sign-in/ways');
    if (!isRecord(ways) || ways.oidc !== true) return null;
    const path = '/api/oidc/subjects';
    return listOf<Subject>(path, await getJson(path), 'id', 'subject', 'claimedName', 'seenAtMs', 'user', 'boundBy');
  },
});

export async function bindSubject(id: string, user: string): Promise<void> {
  await postJson(`/api/oidc/subjects/${id}/bind`, { user });
}

export async function removeSubject(id: string): Promise<void> {
  await deleteJson(`/api/oidc/subjects/${id}`);
}

export async function createAccount(id: string, name: string): Promise<Enrolment> {
  return replyWith<Enrolment>('/api/users', await postJson('/api/users', { id, name }), 'user', 'code');
}

export type AccountAct = 'unlock' | 'disable' | 'enable' | 'reset';

/** @returns a one-time code after a reset, else nothing */
export async function actOnAccount(id: string, act: AccountAct): Promise<Enrolment | undefined> {
  const path = `/api/users/${encodeURIComponent(id)}/${act}`;
  const body = await postJson(path);
  return act === 'reset' ? replyWith<Enrolment>(path, body, 'user', 'code') : undefined;
}

export async function setRoles(id: string, roles: readonly string[]): Promise<void> {
  await putJson(`/api/users/${encodeURIComponent(id)}/roles`, { roles });
}

/** @returns how many ended */
export async function endSessionsOf(id: string): Promise<number> {
  const body = await deleteJson(`/api/users/${encodeURIComponent(id)}/sessions`);
  return isRecord(body) && typeof body.ended === 'number' ? body.ended : 0;
}

export async function endSession(id: string): Promise<void> {
  await deleteJson(`/api/sessions/${encodeURIComponent(id)}`);
}
