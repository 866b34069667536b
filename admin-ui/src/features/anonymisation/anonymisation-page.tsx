/** What may leave the site, field by field, for auditors: to be read here, changed at the console only. */
import { queryOptions, useQuery } from '@tanstack/react-query';
import { Alert, Card, Descriptions, Input, Tag } from 'antd';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PolicyView } from '@keepline/contracts/workbench';
import { asKeeplineError } from '../../server/errors.ts';
import { getJson, replyWith } from '../../server/http-client.ts';
import { DataTable } from '../../ui/data-table.tsx';
import { momentText, numberText } from '../../ui/moment.ts';
import { WorkPage } from '../../ui/work-page.tsx';

const policyQuery = queryOptions({
  queryKey: ['anonymisation'],
  queryFn: async () =>
    replyWith<PolicyView>('/api/anonymisation', await getJson('/api/anonymisation'), 'hash', 'fields', 'history', 'refusals', 'omitted'),
});
const CLASSES = { C1: 'default', C2: 'warning', C3: 'error' } as const;
type Field = PolicyView['fields'][number];

export function AnonymisationPage(): ReactNode {
  const { t } = useTranslation();
  const { data, isPending, error, refetch } = useQuery(policyQuery);
  return (
    <WorkPage
      title={t('anonymisation.title')}
      text={t('anonymisation.text')}
      testId="anonymisation-page"
      isLoading={isPending}
      fault={error && asKeeplineError(error)}
      onRetry={() => void refetch()}
    >
      {data ? (
        <>
          <InForceCard policy={data} />
          <FieldsCard fields={data.fields} />
          <div className="work-row">
            <HistoryCard history={data.history} />
            <RefusalsCard refusals={data.refusals} />
          </div>
        </>
      ) : null}
    </WorkPage>
  );
}

function InForceCard({ policy: { version, source, note, hash, omitted } }: { readonly policy: PolicyView }): ReactNode {
  const { t } = useTranslation();
  return (
    <Card className="work-card" title={t('anonymisation.inForce')}>
      <Descriptions
        size="small"
        column={2}
        items={[
          { key: 'version', label: t('anonymisation.version'), children: `${version} (${t(`anonymisation.source.${source}`)})` },
          { key: 'note', label: t('anonymisation.note'), children: note },
          { key: 'hash', label: t('anonymisation.hash'), children: <code data-testid="policy-hash">{hash}</code>, span: 2 },
        ]}
      />
      {omitted.length > 0 && (
        <Alert type="warning" showIcon data-testid="omitted" title={t('anonymisation.omitted', { list: omitted.join(', ') })} />
      )}
    </Card>
  );
}

function FieldsCard({ fields }: Pick<PolicyView, 'fields'>): ReactNode {
  const { t } = useTranslation();
  const [wanted, setWanted] = useState('');
  const shown = fields.filter(({ type, field }) => `${type}.${field}`.toLowerCase().includes(wanted.trim().toLowerCase()));
  return (
    <Card
      className="work-card"
      title={t('anonymisation.fields')}
      extra={
        <Input
          allowClear
          value={wanted}
          placeholder={t('anonymisation.filter')}
          aria-label={t('anonymisation.filter')}
          onChange={(event) => setWanted(event.target.value)}
          data-testid="policy-filter"
        />
      }
    >
      <p className="work-quiet">{t('anonymisation.classHelp')}</p>
      <DataTable<Field>
        data-testid="policy-fields"
        rowKey={({ type, field }) => `${type}.${field}`}
        rows={shown}
        pageSize={10}
        emptyText={t('page.none')}
        columns={[
          { title: t('anonymisation.type'), width: 260, render: ({ type }) => <code>{type}</code> },
          { title: t('anonymisation.field'), width: 220, render: ({ field }) => <code>{field}</code> },
          { title: t('anonymisation.class'), width: 100, render: ({ class: level }) => <Tag color={CLASSES[level]}>{level}</Tag> },
          { title: t('anonymisation.rule'), render: ({ leaves }) => t(`anonymisation.leaves.${leaves}`) },
        ]}
      />
    </Card>
  );
}

function HistoryCard({ history }: Pick<PolicyView, 'history'>): ReactNode {
  const { t, i18n } = useTranslation();
  return (
    <Card className="work-card" title={t('anonymisation.history')}>
      <DataTable<PolicyView['history'][number]>
        data-testid="policy-history"
        rowKey={({ version }) => String(version)}
        rows={history}
        pageSize={6}
        emptyText={t('anonymisation.noHistory')}
        columns={[
          {
            title: t('anonymisation.version'),
            width: 120,
            render: ({ version, isInForce }) => (
              <>
                {version} {isInForce && <Tag color="success">{t('anonymisation.inForce')}</Tag>}
              </>
            ),
          },
          { title: t('anonymisation.installed'), width: 150, render: ({ installedMs }) => momentText(installedMs, i18n.language) },
          { title: t('anonymisation.note'), render: ({ note }) => note },
          { title: t('anonymisation.hash'), width: 110, render: ({ hash }) => <code title={hash}>{hash.slice(0, 12)}…</code> },
        ]}
      />
    </Card>
  );
}

function RefusalsCard({ refusals }: Pick<PolicyView, 'refusals'>): ReactNode {
  const { t, i18n } = useTranslation();
  return (
    <Card className="work-card" title={t('anonymisation.refusals')}>
      <DataTable<PolicyView['refusals'][number]>
        data-testid="policy-refusals"
        rowKey={({ type, code }) => `${type} ${code}`}
        rows={refusals}
        pageSize={6}
        emptyText={t('anonymisation.noRefusals')}
        columns={[
          { title: t('anonymisation.type'), render: ({ type, code }) => <code title={code}>{`${type} ${code}`}</code> },
          { title: t('anonymisation.count'), width: 80, align: 'right', render: ({ count }) => numberText(count) },
          { title: t('anonymisation.last'), width: 150, render: ({ lastMs }) => momentText(lastMs, i18n.language) },
        ]}
      />
    </Card>
  );
}
