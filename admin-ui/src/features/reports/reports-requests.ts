/** What the page of reports asks of the gateway; shapes are those of contracts/src/reports.ts. */
import { queryOptions } from '@tanstack/react-query';
import type { ReportCoverage, ReportOrder, ReportRun } from '@keepline/contracts/reports';
import { getFile, getJson, listOf, postJson, replyWith } from '../../server/http-client.ts';
import { GatewayRefused } from '../../server/errors.ts';

/** How often the page looks while a report is being made, and while none is, ms. */
const LOOK_BUSY_MS = 2000;
const LOOK_MS = 30_000;

export const reportsQuery = queryOptions({
  queryKey: ['reports'],
  queryFn: async () => listOf<ReportRun>('/api/reports', await getJson('/api/reports'), 'id', 'kind', 'state', 'files'),
  refetchInterval: ({ state: { data } }) => (data?.some(({ state }) => state === 'running') ? LOOK_BUSY_MS : LOOK_MS),
});

/** Null until evidence was taken. Each look is an act in the audit log, so it is not repeated by itself. */
export const coverageQuery = queryOptions({
  queryKey: ['reports', 'coverage'],
  queryFn: async (): Promise<ReportCoverage | null> => {
    const path = '/api/reports/coverage';
    try {
      return replyWith<ReportCoverage>(path, await getJson(path), 'takenAt', 'automatic', 'partly', 'verdicts');
    } catch (error) {
      if (error instanceof GatewayRefused && error.code === 'EVIDENCE_ABSENT') return null;
      throw error;
    }
  },
  staleTime: Number.POSITIVE_INFINITY,
  retry: false,
});

export async function orderReport(order: ReportOrder): Promise<void> {
  await postJson('/api/reports', order);
}

export function reportFile(id: string, name: string): Promise<ArrayBuffer> {
  return getFile(`/api/reports/${id}/files/${name}`);
}
