/** "What left the building": the egress ledger by day and type, and the same as a file for the files of a compliance officer. */
import { useMutation, useQuery } from '@tanstack/react-query';
import { Button, Card, Form, Input } from 'antd';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Permission } from '@keepline/contracts/roles';
import type { EgressDay } from '@keepline/contracts/workbench';
import { asKeeplineError } from '../../server/errors.ts';
import { FaultAlert } from '../../ui/fault-text.tsx';
import { DataTable } from '../../ui/data-table.tsx';
import { numberText } from '../../ui/moment.ts';
import { saveAs } from '../../ui/save-as.ts';
import { useStepUp } from '../../ui/step-up.ts';
import { WorkPage } from '../../ui/work-page.tsx';
import { egressQuery, egressReport, type Span } from './cloud-requests.ts';
import { lastDays } from './last-days.ts';

const DAYS_SHOWN = 30;

export function EgressPage({ rights }: { readonly rights: ReadonlySet<Permission> }): ReactNode {
  const { t } = useTranslation();
  const stepUp = useStepUp();
  const [span, setSpan] = useState<Span>(() => lastDays(DAYS_SHOWN, Date.now()));
  const { data, isPending, error, refetch } = useQuery(egressQuery(span));
  const download = useMutation({
    mutationFn: () => stepUp(() => egressReport(span)),
    onSuccess: (report) => saveAs(`egress-${span.from}-${span.to}.csv`, report, 'text/csv'),
  });
  return (
    <WorkPage
      title={t('egress.title')}
      text={t('egress.text')}
      testId="egress-page"
      isLoading={isPending}
      fault={error && asKeeplineError(error)}
      onRetry={() => void refetch()}
      extra={
        rights.has('egress.export') && (
          <Button
            loading={download.isPending}
            onClick={() => download.mutate()}
            title={t('egress.downloadText')}
            data-testid="egress-download"
          >
            {t('egress.download')}
          </Button>
        )
      }
    >
      <Card className="work-card">
        <Form<Span> layout="inline" initialValues={span} onFinish={setSpan}>
          <Form.Item name="from" label={t('egress.from')}>
            <Input type="date" required data-testid="egress-from" />
          </Form.Item>
          <Form.Item name="to" label={t('egress.to')}>
            <Input type="date" required data-testid="egress-to" />
          </Form.Item>
          <Button htmlType="submit" data-testid="egress-show">
            {t('egress.show')}
          </Button>
        </Form>
      </Card>
      {download.isError && <FaultAlert fault={asKeeplineError(download.error)} testId="download-error" onRead={() => download.reset()} />}
      {data ? <Ledger days={data} /> : null}
    </WorkPage>
  );
}

function Ledger({ days }: { readonly days: readonly EgressDay[] }): ReactNode {
  const { t } = useTranslation();
  const total = (of: (day: EgressDay) => number): string => numberText(days.reduce((sum, day) => sum + of(day), 0));
  const figures = ['events', 'bytes', 'expired', 'quarantined'] as const;
  return (
    <Card className="work-card">
      <DataTable<EgressDay>
        data-testid="egress-table"
        rowKey={({ day, type }) => `${day} ${type}`}
        rows={days.toReversed()}
        pageSize={12}
        emptyText={t('egress.none')}
        columns={[
          { title: t('egress.day'), render: ({ day }) => day, width: 140 },
          { title: t('egress.type'), render: ({ type }) => type },
          ...figures.map((name) => ({
            title: t(`egress.${name}`),
            width: 140,
            align: 'right' as const,
            render: (day: EgressDay) => numberText(day[name]),
          })),
        ]}
        summary={[t('egress.total'), '', ...figures.map((name) => total((day) => day[name]))]}
      />
    </Card>
  );
}
