/** Compliance reports: what the newest evidence covers, having one made, and the signed files of those that are kept. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Button, Card, Statistic, Tag } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Permission } from '@keepline/contracts/roles';
import type { ReportCoverage, ReportRun } from '@keepline/contracts/reports';
import { asKeeplineError } from '../../server/errors.ts';
import { DataTable } from '../../ui/data-table.tsx';
import { FaultAlert } from '../../ui/fault-text.tsx';
import { momentText } from '../../ui/moment.ts';
import { saveAs } from '../../ui/save-as.ts';
import { WorkPage } from '../../ui/work-page.tsx';
import { OrderForm } from './order-form.tsx';
import { coverageQuery, reportFile, reportsQuery } from './reports-requests.ts';

export function ReportsPage({ rights }: { readonly rights: ReadonlySet<Permission> }): ReactNode {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const { data, isPending, error, refetch } = useQuery(reportsQuery);
  const coverage = useQuery(coverageQuery);
  const isBusy = data?.some(({ state }) => state === 'running') ?? false;
  return (
    <WorkPage
      title={t('reports.title')}
      text={t('reports.text')}
      testId="reports-page"
      isLoading={isPending}
      fault={error && asKeeplineError(error)}
      onRetry={() => void refetch()}
      extra={
        <Button onClick={() => void coverage.refetch()} loading={coverage.isFetching} data-testid="coverage-reload">
          {t('page.reload')}
        </Button>
      }
    >
      {coverage.error && <FaultAlert fault={asKeeplineError(coverage.error)} testId="coverage-error" />}
      {coverage.data !== undefined && <Covered coverage={coverage.data} />}
      {rights.has('report.run') && (
        <OrderForm isBusy={isBusy} onOrdered={() => void queries.invalidateQueries({ queryKey: reportsQuery.queryKey, exact: true })} />
      )}
      {data ? <Kept runs={data} /> : null}
    </WorkPage>
  );
}

function Covered({ coverage }: { readonly coverage: ReportCoverage | null }): ReactNode {
  const { t, i18n } = useTranslation();
  if (!coverage) return <Card className="work-card">{t('reports.noEvidence')}</Card>;
  const { automatic, partly, takenAt } = coverage;
  const figures = [
    ['measured', automatic.measured, automatic.items],
    ['met', automatic.met, automatic.items],
    ['collected', partly.collected, partly.items],
    ['attested', partly.attested, partly.items],
  ] as const;
  return (
    <Card
      className="work-card"
      title={t('reports.coverage', { time: momentText(Date.parse(takenAt), i18n.language) })}
      data-testid="coverage"
    >
      <div className="work-figures">
        {figures.map(([name, count, items]) => (
          <Statistic key={name} title={t(`reports.${name}`)} value={count} suffix={`/ ${items}`} />
        ))}
      </div>
    </Card>
  );
}

const COLOUR = { running: 'processing', done: 'success', failed: 'error' } as const;

function Kept({ runs }: { readonly runs: readonly ReportRun[] }): ReactNode {
  const { t, i18n } = useTranslation();
  const download = useMutation({
    mutationFn: async ({ id, name }: { readonly id: string; readonly name: string }) => saveAs(name, await reportFile(id, name)),
  });
  return (
    <Card className="work-card">
      {download.isError && <FaultAlert fault={asKeeplineError(download.error)} testId="download-error" onRead={() => download.reset()} />}
      <DataTable<ReportRun>
        data-testid="reports-table"
        rowKey={({ id }) => id}
        rows={runs}
        emptyText={t('reports.none')}
        columns={[
          { title: t('reports.kindLabel'), render: ({ kind }) => t(`reports.kind.${kind}`) },
          { title: t('reports.period'), width: 170, render: ({ from, to }) => `${from} – ${to}` },
          { title: t('reports.by'), width: 110, render: ({ by }) => by },
          { title: t('reports.started'), width: 150, render: ({ startedAtMs }) => momentText(startedAtMs, i18n.language) },
          {
            title: t('reports.stateLabel'),
            width: 150,
            render: ({ state, fault }) => (
              <Tag color={COLOUR[state]}>
                {t(`reports.state.${state}`)} {fault}
              </Tag>
            ),
          },
          {
            title: t('reports.files'),
            width: 220,
            render: ({ id, kind, from, to, files }) =>
              files.map(({ name }) => (
                <Button
                  key={name}
                  type="link"
                  size="small"
                  title={name}
                  onClick={() => download.mutate({ id, name })}
                  data-testid={`file-${name}`}
                >
                  {name.replace(`${kind}-${from}-${to}.`, '')}
                </Button>
              )),
          },
        ]}
      />
    </Card>
  );
}
