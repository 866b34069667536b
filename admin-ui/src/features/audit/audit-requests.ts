/** What the page of the audit log asks of the gateway. Reading entries is an act in the log, so nothing here repeats by itself. */
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import type { AuditState } from '@keepline/contracts/audit-view';
import { getFile, getJson, listOf, replyWith } from '../../server/http-client.ts';

/** Entries of one page. */
export const LISTED = 100;

export interface Entry {
  readonly number: number;
  readonly time: string;
  readonly source: string;
  readonly act: string;
  readonly who: string;
  readonly role: string;
  readonly from: string;
  readonly object: string;
  readonly purpose: string;
  readonly outcome: string;
  readonly correlation: string;
}
/** '' and undefined search for nothing in particular. */
export interface Search {
  readonly act: string;
  readonly who: string;
  readonly before: number | undefined;
}

const once = { staleTime: Number.POSITIVE_INFINITY, retry: false, refetchOnWindowFocus: false } as const;

export const stateQuery = queryOptions({
  queryKey: ['audit', 'state'],
  queryFn: async () => {
    const path = '/api/audit/state';
    return replyWith<AuditState>(path, await getJson(path), 'origin', 'entries', 'signed', 'note', 'witnesses', 'quorum');
  },
  ...once,
});

/** The newest first. */
export const entriesQuery = ({ act, who, before }: Search) =>
  queryOptions({
    queryKey: ['audit', 'entries', act, who, before ?? -1],
    queryFn: async () => {
      const wanted = new URLSearchParams({ limit: String(LISTED) });
      if (act !== '') wanted.set('act', act);
      if (who !== '') wanted.set('who', who);
      if (before !== undefined) wanted.set('before', String(before));
      const path = `/api/audit?${wanted.toString()}`;
      return listOf<Entry>(path, await getJson(path), 'number', 'time', 'act', 'who', 'outcome').toReversed();
    },
    placeholderData: keepPreviousData, // the form above keeps what was typed
    ...once,
  });

export function proofOf(number: number): Promise<ArrayBuffer> {
  return getFile(`/api/audit/${number}/proof`);
}
